// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/detectors.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "microtome/dissect/findings.h"

namespace microtome {

std::vector<DetectorCurvePoint> detector_curve(const std::vector<UnitDissection>& units, double tail) {
  constexpr int kCuts = 30;
  std::vector<DetectorCurvePoint> curve;
  for (int step = 1; step <= kCuts; ++step) {
    DetectorCurvePoint point{step * 0.01};
    std::set<int> labels;
    for (const UnitDissection& unit : units) {
      const auto at = std::find_if(unit.tails.begin(), unit.tails.end(), [&](const auto& t) { return t.tail == tail; });
      if (tail != 0 && at == unit.tails.end()) continue;
      const ConceptScore& best = tail == 0 ? unit.best : at->best;
      if (best.label == 0 || best.iou < point.cut) continue;
      ++point.detectors;
      labels.insert(best.label);
    }
    point.unique = static_cast<int>(labels.size());
    curve.push_back(point);
  }
  return curve;
}

DetectorCount count_detectors(const std::vector<UnitDissection>& units, int categories) {
  DetectorCount count;
  count.units = static_cast<int>(units.size());
  count.by_category.resize(static_cast<size_t>(categories));
  std::set<int> labels;
  std::vector<std::set<int>> by_category(count.by_category.size()), best_in(count.by_category.size());
  for (const UnitDissection& unit : units) {
    for (size_t category = 0; category < unit.by_category.size(); ++category) {
      const ConceptScore& score = unit.by_category[category];
      if (score.iou > kDetectorCut) best_in.at(category).insert(score.label);
    }
    if (unit.best.label == 0 || unit.best.iou < kDetectorCut) continue;
    const auto category = static_cast<size_t>(unit.best.category);
    ++count.detectors;
    ++count.by_category.at(category).detectors;
    labels.insert(unit.best.label);
    by_category[category].insert(unit.best.label);
  }
  count.unique = static_cast<int>(labels.size());
  for (size_t category = 0; category < by_category.size(); ++category) {
    count.by_category[category].unique = static_cast<int>(by_category[category].size());
    count.unique_by_category += static_cast<int>(best_in[category].size());
  }
  return count;
}

}  // namespace microtome
