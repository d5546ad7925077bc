// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/netdissect_form.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "microtome/dissect/detectors.h"
#include "microtome/exchange/csv_writer.h"

namespace microtome {

bool is_detector(const UnitDissection& unit) { return unit.best.label != 0 && unit.best.iou >= kDetectorCut; }

int netdissect_rank(const std::string& category) {
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
      return std::tuple(netdissect_rank(vocabulary.category(item.first.first)), item.first.first, -item.second.count,
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

std::string netdissect_csv(std::vector<UnitDissection> units, const Vocabulary& vocabulary) {
  const std::vector<std::string>& categories = vocabulary.categories();
  const auto name = [&](const ConceptScore& score) {
    return score.label != 0 ? vocabulary.name(score.label) : std::string();
  };
  CsvWriter csv;
  for (const std::string& category : categories) {
    for (const char* column : {"-label", "-truth", "-activation", "-intersect", "-iou"}) csv.add(category + column);
  }
  csv.row("unit", "category", "label", "score");
  std::ranges::sort(units, {}, [](const UnitDissection& unit) { return std::pair(-unit.best.iou, unit.unit); });
  for (UnitDissection& unit : units) {
    unit.by_category.resize(categories.size());
    for (const ConceptScore& s : unit.by_category) csv.add(name(s), s.truth, s.activation, s.intersection, s.iou);
    const ConceptScore& best = unit.best;
    csv.row(unit.unit + 1, best.label != 0 ? vocabulary.category(best.category) : "", name(best), best.iou);
  }
  return csv.bytes();
}

}  // namespace microtome
