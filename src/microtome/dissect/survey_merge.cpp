// SPDX-License-Identifier: Apache-2.0
// Two surveys of different images as one: survey.h says why nothing is lost.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/dissect/survey_state.h"

namespace microtome {
namespace {

void refuse(const SurveyLayer& layer, const std::string& what) {
  throw Error(ErrorKind::kUsage, layer.name, what, "merge surveys of different images of one pass, announced alike");
}

void check_parts(const SurveyState& into, const SurveyState& from) {
  if (!(into.layer == from.layer)) refuse(into.layer, "the other survey is of another layer or number of images");
  if (!(into.settings == from.settings)) refuse(into.layer, "the other survey has other settings");
  std::vector<int64_t> images = into.images;
  images.insert(images.end(), from.images.begin(), from.images.end());
  std::sort(images.begin(), images.end());
  const auto twice = std::adjacent_find(images.begin(), images.end());
  if (twice != images.end()) refuse(into.layer, "both surveys saw image " + std::to_string(*twice));
  if (static_cast<int64_t>(images.size()) > into.layer.images) {
    refuse(into.layer, "more images than the " + std::to_string(into.layer.images) + " announced");
  }
}

void merge_shelves(ExemplarShelf& into, const ExemplarShelf& from) {
  for (const Exemplar& item : from.exemplars) {
    if (into.wants(item.activation, item.image)) {
      into.add(item.image, item.activation, item.map.data(), item.width, item.height);
    }
  }
}

void merge_units(UnitSurvey& into, const UnitSurvey& from) {
  into.minimum = std::min(into.minimum, from.minimum);
  into.maximum = std::max(into.maximum, from.maximum);
  into.counts.merge(from.counts);
  merge_shelves(into.high, from.high);
  merge_shelves(into.low, from.low);
  into.highs.insert(into.highs.end(), from.highs.begin(), from.highs.end());
  into.lows.insert(into.lows.end(), from.lows.begin(), from.lows.end());
}

}  // namespace

void merge_surveys(SurveyState& into, SurveyState&& from) {
  check_parts(into, from);
  for (size_t i = 0; i < into.units.size(); ++i) merge_units(into.units[i], from.units[i]);
  HotScratch scratch;
  for (size_t i = 0; i < into.sides.size(); ++i) into.sides[i].merge(std::move(from.sides[i]), scratch);
  into.images.insert(into.images.end(), from.images.begin(), from.images.end());
  from.images.clear();
}

}  // namespace microtome
