// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/detector_bars.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "microtome/dissect/detectors.h"

namespace microtome {

bool is_detector(const UnitDissection& unit) { return unit.best.label != 0 && unit.best.iou >= kDetectorCut; }

int netdissect_place(const std::string& category) {
  constexpr std::string_view kOrder[] = {"object", "scene", "part", "material", "texture", "color"};
  return static_cast<int>(std::ranges::find(kOrder, category) - std::begin(kOrder));
}

std::vector<ChartBar> detector_bars(const std::vector<UnitDissection>& units, const Vocabulary& vocabulary) {
  struct Row {
    int count = 0;
    double best = 0;
  };
  std::map<std::pair<int, int>, Row> rows;  // by category and label
  for (const UnitDissection& unit : units) {
    if (unit.sign != Sign::kPositive || !is_detector(unit)) continue;
    Row& row = rows[{unit.best.category, unit.best.label}];
    ++row.count;
    row.best = std::max(row.best, unit.best.iou);
  }
  std::vector<std::pair<std::pair<int, int>, Row>> sorted(rows.begin(), rows.end());
  std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    const auto key = [&](const auto& item) {
      return std::tuple(netdissect_place(vocabulary.category(item.first.first)), item.first.first, -item.second.count,
                        -item.second.best);
    };
    return key(a) < key(b);
  });
  std::vector<ChartBar> bars;
  for (const auto& [place, row] : sorted) {
    bars.push_back({vocabulary.display_name(place.second), vocabulary.category(place.first), 1.0 * row.count});
  }
  return bars;
}

}  // namespace microtome
