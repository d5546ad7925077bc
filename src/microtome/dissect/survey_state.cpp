// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/survey_state.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/params.h"

namespace microtome {

int64_t values_to_keep(const SurveyLayer& layer, const SurveySettings& settings) {
  const double tail = std::max(settings.tail, settings.keep);
  const double n = static_cast<double>(layer.images) * layer.map_width * layer.map_height;
  return static_cast<int64_t>(std::ceil(tail * (n - 1))) + 3;
}

bool ExemplarShelf::wants(float activation, int64_t image) const {
  if (static_cast<int>(exemplars.size()) < capacity) return true;
  if (capacity == 0) return false;
  const Exemplar& last = exemplars.back();
  if (activation == last.activation) return image < last.image;
  return high ? activation > last.activation : activation < last.activation;
}

void ExemplarShelf::add(int64_t image, float activation, const float* map, int width, int height) {
  if (static_cast<int>(exemplars.size()) == capacity) exemplars.pop_back();
  const auto after = std::find_if(exemplars.begin(), exemplars.end(), [&](const Exemplar& other) {
    if (activation == other.activation) return image < other.image;
    return high ? activation > other.activation : activation < other.activation;
  });
  exemplars.insert(after, Exemplar{image, activation, width, height,
                                   std::vector<float>(map, map + static_cast<ptrdiff_t>(width) * height)});
}

SurveyState empty_survey(SurveyLayer layer, SurveySettings settings) {
  check_ranges(settings, "survey");
  if (!settings.positive && !settings.negative) {
    throw Error(ErrorKind::kUsage, "survey", "neither sign is asked for", "ask for positive or negative activations");
  }
  constexpr int kLargestSide = 65535;
  if (layer.units < 1 || layer.map_width < 1 || layer.map_height < 1 || layer.map_width > kLargestSide ||
      layer.map_height > kLargestSide || layer.images < 1 ||
      int64_t{layer.map_width} * layer.map_height > CellRun::kMostCells) {
    throw Error(ErrorKind::kUsage, layer.name, "a survey needs units, images and maps of 1 to 2^20 cells");
  }
  SurveyState state{std::move(layer), settings, {}, {}, {}};
  UnitSurvey unit;
  unit.minimum = std::numeric_limits<float>::infinity();
  unit.maximum = -unit.minimum;
  // The high end of a unit is the low end of its negation.
  unit.high.capacity = std::max(settings.positive ? settings.top : 0, settings.negative ? settings.bottom : 0);
  unit.low.capacity = std::max(settings.positive ? settings.bottom : 0, settings.negative ? settings.top : 0);
  unit.low.high = false;
  state.units.assign(static_cast<size_t>(state.layer.units), unit);
  state.sides.assign(state.units.size() * static_cast<size_t>(state.signs()),
                     HotCells(state.layer.map_width, state.layer.map_height, values_to_keep(state.layer, settings),
                              settings.reach, settings.whole_below_zero));
  return state;
}

float side_threshold(const SurveyState& state, size_t side, double tail) {
  const int64_t n = static_cast<int64_t>(state.images.size()) * state.map_cells();
  if (n == 0) return 0;
  const double position = (1 - tail) * static_cast<double>(n - 1);
  const double index = std::floor(position);
  const int64_t rank = n - static_cast<int64_t>(index);
  const HotCells& cells = state.sides[side];
  const double below = cells.largest(rank);
  const double above = rank > 1 ? cells.largest(rank - 1) : below;
  return static_cast<float>(below + (position - index) * (above - below));
}

}  // namespace microtome
