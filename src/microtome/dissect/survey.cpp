// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/survey.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/params.h"
#include "microtome/base/platform.h"
#include "microtome/base/workers.h"
#include "microtome/dissect/survey_state.h"

namespace microtome {
namespace {

// Floats as integers of the same order: the bits below the sign are flipped for negative ones. Not-a-numbers fall
// outside the infinities, so the two extremes also tell whether all are finite.
constexpr int32_t order_key(int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }
constexpr int32_t kInfinityKey = order_key(0x7f800000);

struct MapRange {
  int32_t low_key = std::numeric_limits<int32_t>::max();
  int32_t high_key = std::numeric_limits<int32_t>::min();
  bool finite() const { return high_key < kInfinityKey && low_key > ~kInfinityKey; }
  float low() const { return std::bit_cast<float>(order_key(low_key)); }
  float high() const { return std::bit_cast<float>(order_key(high_key)); }
};

MICROTOME_AVX2_CLONES MapRange range_of(const float* values, int64_t count) {
  MapRange range;
  for (int64_t i = 0; i < count; ++i) {
    const int32_t key = order_key(std::bit_cast<int32_t>(values[i]));
    range.low_key = std::min(range.low_key, key);
    range.high_key = std::max(range.high_key, key);
  }
  return range;
}

// Kept cells of a side at its fullest, when a quarter more than needed may be hot before the bound rises: `per_hot` for
// each hot one, at most all cells of the set.
size_t kept_values(const SurveyLayer& layer, const SurveySettings& settings, double per_hot) {
  const double all = static_cast<double>(layer.map_width) * layer.map_height * static_cast<double>(layer.images);
  return static_cast<size_t>(std::min(per_hot * 1.25 * static_cast<double>(values_to_keep(layer, settings)), all));
}
constexpr double kUsuallyPerHot = 5;  // measured on real layers: 2.3 to 4.2

// Units that one thread takes at a time: neighbours in memory, and their counts fit the cache together.
constexpr int64_t kUnitBlock = 8;

struct Failure {
  size_t position = std::numeric_limits<size_t>::max();  // in the call's images
  int unit = 0;
  bool operator<(const Failure& other) const {
    return std::pair(position, unit) < std::pair(other.position, other.unit);
  }
};

struct Scratch {
  HotScratch hot;
  std::vector<float> negated;
};

void add_map(SurveyState& state, int unit_index, int64_t image, const float* map, const MapRange& range,
             Scratch& scratch) {
  UnitSurvey& unit = state.units[static_cast<size_t>(unit_index)];
  const int64_t cells = state.map_cells();
  const float low = range.low(), high = range.high();
  unit.minimum = std::min(unit.minimum, low);
  unit.maximum = std::max(unit.maximum, high);
  unit.counts.add(map, cells, std::max(std::fabs(low), std::fabs(high)));
  if (state.settings.positive) unit.highs.push_back(high);
  if (state.settings.negative) unit.lows.push_back(low);
  if (unit.high.wants(high, image)) unit.high.add(image, high, map, state.layer.map_width, state.layer.map_height);
  if (unit.low.wants(low, image)) unit.low.add(image, low, map, state.layer.map_width, state.layer.map_height);
  HotCells* side = &state.sides[static_cast<size_t>(unit_index * state.signs())];
  if (state.settings.positive) {
    if (side->wants(high)) side->add(static_cast<int32_t>(image), map, high, scratch.hot);
    ++side;
  }
  if (state.settings.negative && side->wants(-low)) {
    scratch.negated.resize(static_cast<size_t>(cells));
    std::transform(map, map + cells, scratch.negated.begin(), std::negate<>());
    side->add(static_cast<int32_t>(image), scratch.negated.data(), -low, scratch.hot);
  }
}

// Adds all images to a few units; returns the first map that is not finite.
Failure add_to_units(SurveyState& state, int first, int last, std::span<const SurveyImage> images, Scratch& scratch) {
  const int64_t cells = state.map_cells();
  for (size_t position = 0; position < images.size(); ++position) {
    for (int unit = first; unit < last; ++unit) {
      const float* map = images[position].activations + unit * cells;
      const MapRange range = range_of(map, cells);
      if (!range.finite()) return {position, unit};
      add_map(state, unit, images[position].image, map, range, scratch);
    }
  }
  return {};
}

void check_images(const SurveyState& state, std::span<const SurveyImage> images) {
  const SurveyLayer& layer = state.layer;
  if (static_cast<int64_t>(state.images.size() + images.size()) > layer.images) {
    throw Error(ErrorKind::kUsage, layer.name, "more images than the " + std::to_string(layer.images) + " announced",
                "announce the size of the concept set");
  }
  for (const SurveyImage& image : images) {
    if (image.image < 0 || image.image > std::numeric_limits<int32_t>::max()) {
      throw Error(ErrorKind::kUsage, layer.name, "image number " + std::to_string(image.image) + " is out of range");
    }
  }
}

}  // namespace

Survey::Survey(SurveyLayer layer, SurveySettings settings)
    : state_(std::make_unique<SurveyState>(empty_survey(std::move(layer), settings))) {
  for (UnitSurvey& unit : state_->units) {
    if (settings.positive) unit.highs.reserve(static_cast<size_t>(state_->layer.images));
    if (settings.negative) unit.lows.reserve(static_cast<size_t>(state_->layer.images));
  }
  for (HotCells& side : state_->sides) side.reserve(kept_values(state_->layer, state_->settings, kUsuallyPerHot));
}
Survey::Survey(std::unique_ptr<SurveyState> state) : state_(std::move(state)) {}
Survey::Survey(Survey&&) noexcept = default;
Survey& Survey::operator=(Survey&&) noexcept = default;
Survey::~Survey() = default;

void Survey::add(std::span<const SurveyImage> images, int threads) {
  SurveyState& state = *state_;
  check_images(state, images);
  const int64_t blocks = (state.layer.units + kUnitBlock - 1) / kUnitBlock;
  std::vector<Failure> failures(static_cast<size_t>(blocks));
  std::vector<Scratch> scratch(static_cast<size_t>(std::max(1, threads)));
  parallel_for(threads, blocks, [&](int worker, int64_t block) {
    const int first = static_cast<int>(block * kUnitBlock);
    const int last = static_cast<int>(std::min<int64_t>(state.layer.units, first + kUnitBlock));
    failures[static_cast<size_t>(block)] =
        add_to_units(state, first, last, images, scratch[static_cast<size_t>(worker)]);
  });
  const Failure failure = *std::min_element(failures.begin(), failures.end());
  if (failure.position < images.size()) {
    throw Error(ErrorKind::kCorrupt, state.layer.name,
                "unit " + std::to_string(failure.unit) + " has an activation that is not a finite number on image " +
                    std::to_string(images[failure.position].image),
                "check the network's weights and the preprocessing");
  }
  for (const SurveyImage& image : images) state.images.push_back(image.image);
}

void Survey::merge(Survey&& other) { merge_surveys(*state_, std::move(*other.state_)); }

const SurveyLayer& Survey::layer() const { return state_->layer; }
const SurveySettings& Survey::settings() const { return state_->settings; }
const std::vector<int64_t>& Survey::images() const { return state_->images; }

SurveyBytes survey_bytes(const SurveyLayer& layer, const SurveySettings& settings) {
  const double cells = static_cast<double>(layer.map_width) * layer.map_height;
  const double signs = settings.positive + settings.negative;
  const double exemplars = (settings.top + settings.bottom) * (cells * sizeof(float) + sizeof(Exemplar));
  const double extremes = signs * static_cast<double>(layer.images) * sizeof(float);
  const auto with = [&](double per_hot, double cells_per_run, double cells_per_region) {
    const double side = static_cast<double>(kept_values(layer, settings, per_hot)) *
                        (sizeof(float) + sizeof(CellRun) / cells_per_run + sizeof(HotRegion) / cells_per_region);
    return static_cast<int64_t>(layer.units * (signs * side + extremes + exemplars + sizeof(UnitSurvey)));
  };
  // A lone hot cell brings its whole neighbourhood in as many runs as sides; cropping waits for a fifth more. Of a unit
  // that saturates every second cell may be a run.
  const double reach = 2.0 * settings.reach + 1;
  const double top = std::ceil(cells / 2) * sizeof(CellRun) + sizeof(HotRegion);
  const auto saturated = static_cast<int64_t>(layer.units * signs * static_cast<double>(layer.images) * top);
  return {with(kUsuallyPerHot, 3, 12),
          std::max(with(1.2 * reach * reach, std::min(reach, cells), std::min(4.0, cells)), saturated)};
}

}  // namespace microtome
