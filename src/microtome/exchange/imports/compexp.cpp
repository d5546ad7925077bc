// SPDX-License-Identifier: Apache-2.0
// compexp: unit (from 0), category, label, score, length, and where they are there category_noncomp, label_noncomp,
// score_noncomp. A label of more than one concept becomes the unit's formula, the noncomp one its concept.
#include "microtome/exchange/import_table.h"

namespace microtome::table_forms {
namespace {

bool recognize_compexp(const Columns& columns) { return columns.contains("length"); }

void finish_compexp(const TableRow& row, SaidUnit& unit) {
  const int64_t length = row.count("length");
  if (length > 1) {
    unit.formula = FormulaScore{unit.label, static_cast<int>(length), 0, 0, unit.score};
    unit.label.clear(), unit.category.clear(), unit.score = 0;
  }
  if (!row.has("label_noncomp") || !row.has("score_noncomp")) return;
  unit.label = row.text("label_noncomp"), unit.score = row.number("score_noncomp", 0, 1);
  unit.category = row.has("category_noncomp") ? row.text("category_noncomp") : "";
}

}  // namespace

extern const TableForm compexp;
const TableForm compexp{"compexp", "tally_LAYER.csv with formulas, known by its column length", 0, recognize_compexp,
                        finish_compexp};

}  // namespace microtome::table_forms
