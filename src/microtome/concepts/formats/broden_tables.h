// SPDX-License-Identifier: Apache-2.0
// The csv files of a set in Broden's layout, parsed and validated; pictures and masks are not looked at.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {

// What a row of index.csv says of one category.
struct BrodenCell {
  std::vector<std::string> masks;  // Relative to images/.
  std::vector<int> whole_image;    // 0 left out.
  bool says_zero = false;          // The cell holds the number 0, "no label".
};

struct BrodenRow {
  ConceptImage info;
  int line = 0;                   // In index.csv.
  std::vector<BrodenCell> cells;  // By category.
};

// Frequency and coverage as a table states them.
struct StatedTotals {
  int line = 0;
  std::optional<int64_t> images;
  std::optional<double> coverage;
};

struct BrodenTables {
  ConceptIndex index{{}, {}};
  std::vector<BrodenRow> rows;                               // In the file's order; unusable rows are left out.
  std::map<int, StatedTotals> label_totals;                  // label.csv, by label.
  std::vector<std::map<int, StatedTotals>> category_totals;  // c_*.csv, by category, then label.
  SetDigest digest{""};                                      // Of the tables and of the files that they name.
};

// Reads them all. Every problem goes to `report`; if that does not throw, reading goes on behind the row. What leaves
// nothing to go on with (a missing file, an unknown or missing column) is reported and then thrown.
BrodenTables read_broden_tables(const std::string& folder, const ProblemSink& report);

}  // namespace microtome::concept_formats
