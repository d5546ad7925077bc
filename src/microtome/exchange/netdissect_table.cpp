// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/netdissect_table.h"

#include <algorithm>

#include "microtome/exchange/csv_writer.h"

namespace microtome {

std::string netdissect_csv(std::vector<UnitDissection> units, const Vocabulary& vocabulary) {
  CsvWriter csv;
  for (const std::string& category : vocabulary.categories()) {
    for (const char* column : {"-label", "-truth", "-activation", "-intersect", "-iou"}) csv.text(category + column);
  }
  csv.text("unit").text("category").text("label").text("score").end_row();
  std::ranges::sort(units, {}, [](const UnitDissection& unit) { return std::pair(-unit.best.iou, unit.unit); });
  for (const UnitDissection& unit : units) {
    for (size_t category = 0; category < vocabulary.categories().size(); ++category) {
      const ConceptScore s = category < unit.by_category.size() ? unit.by_category[category] : ConceptScore{};
      csv.text(s.label != 0 ? vocabulary.name(s.label) : "").number(s.truth).number(s.activation);
      csv.number(s.intersection).number(s.iou);
    }
    const ConceptScore& best = unit.best;
    csv.number(unit.unit + 1).text(best.label != 0 ? vocabulary.category(best.category) : "");
    csv.text(best.label != 0 ? vocabulary.name(best.label) : "").number(best.iou).end_row();
  }
  return csv.bytes();
}

}  // namespace microtome
