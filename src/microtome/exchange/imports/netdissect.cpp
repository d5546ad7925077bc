// SPDX-License-Identifier: Apache-2.0
// NetDissect, NetDissect-Lite, `export --csv` and `export --netdissect`: unit (from 1), and label and score are the
// best of the row's categories (docs/tables.md).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/exchange/import_table.h"

namespace microtome::table_forms {
namespace {

bool recognize_netdissect(const Columns& columns) {
  return std::ranges::any_of(
      columns, [](const auto& column) { return column.first.size() > 4 && column.first.ends_with("-iou"); });
}

void finish_netdissect(const TableRow& row, SaidUnit& unit) {
  const auto found = unit.by_category.find(unit.category);
  const bool none = unit.category.empty() && unit.label.empty();
  if (!none && found == unit.by_category.end()) {
    row.fail(fmt::format("category is \"{0}\", and there is no column \"{0}-iou\"", unit.category));
  }
  if (!none && found->second.label != unit.label) {
    row.fail(fmt::format("label is \"{}\", but {}-label is \"{}\"", unit.label, unit.category, found->second.label));
  }
  for (const auto& [category, score] : unit.by_category) {
    const bool same = category == unit.category;
    if (same ? std::abs(score.iou - unit.score) > kTableTolerance : score.iou > unit.score + kTableTolerance) {
      row.fail(fmt::format("score is {}, but {}-iou is {}", unit.score, category, score.iou));
    }
  }
}

}  // namespace

extern const TableForm netdissect;
const TableForm netdissect{"netdissect", "LAYER-result.csv, tally.csv or LAYER.csv, known by its columns CATEGORY-iou",
                           1, recognize_netdissect, finish_netdissect};

}  // namespace microtome::table_forms
