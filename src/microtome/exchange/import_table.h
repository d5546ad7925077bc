// SPDX-License-Identifier: Apache-2.0
// One published table, read and checked. Private to the room.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "microtome/dissect/findings.h"

namespace microtome {

// What a row says of one category.
struct SaidScore {
  std::string label;
  int64_t truth = 0, activation = 0, intersection = 0;
  double iou = 0;
};

struct SaidUnit {
  int unit = 0;  // From 0.
  std::string category, label;
  double score = 0;
  std::map<std::string, SaidScore> by_category;
  std::optional<FormulaScore> formula;
};

struct SaidTable {
  std::vector<std::string> categories;  // In the order of the columns.
  std::vector<SaidUnit> units;          // By unit.
};

// `bytes` of a table as import.h describes them; `file` names it in errors. Throws Error(kCorrupt).
SaidTable read_said_table(const std::string& bytes, const std::string& file);

}  // namespace microtome
