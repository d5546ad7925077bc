// SPDX-License-Identifier: Apache-2.0
// One published table, read and checked.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/concepts/formats/csv.h"
#include "microtome/dissect/findings.h"

namespace microtome {

// What a row says of one category.
struct SaidScore {
  std::string label;
  int64_t truth = 0, activation = 0, intersection = 0;
  double iou = 0;
};

struct SaidUnit {
  int64_t unit = 0;  // From 0.
  std::string category, label;
  double score = 0;
  std::map<std::string, SaidScore> by_category;
  std::optional<FormulaScore> formula;
};

struct SaidTable {
  std::vector<std::string> categories;  // In the order of the columns.
  std::vector<SaidUnit> units;          // By unit.
};

// Some tables are printed with four digits.
inline constexpr double kTableTolerance = 1e-4;

using Columns = std::map<std::string, size_t>;  // by name: places in a row

// A row under its header. All throw Error(kCorrupt) that names file and line.
class TableRow {
 public:
  TableRow(const std::string& file, const Columns& columns, const CsvRow& row)
      : file_(file), columns_(columns), row_(row) {}
  bool has(const std::string& column) const { return columns_.contains(column); }
  const std::string& text(const std::string& column) const { return row_.fields[columns_.at(column)]; }
  double number(const std::string& column, double low, double high) const;
  // A whole number; may be written as "12.0".
  int64_t count(const std::string& column, double low = 0, double high = 9e15) const;
  [[noreturn]] void fail(const std::string& what) const;

 private:
  const std::string& file_;
  const Columns& columns_;
  const CsvRow& row_;
};

// A form of published tables: columns unit, category, label, score and, of each category that it has scores of,
// CAT-label, CAT-truth, CAT-activation, CAT-intersect and CAT-iou are alike in all.
struct TableForm {
  std::string_view name, summary;
  int first_unit;  // What unit 0 is called.
  bool (*recognize)(const Columns& columns);
  // Reads what else the row says, and checks that it agrees.
  void (*finish)(const TableRow& row, SaidUnit& unit);
};
namespace table_forms {
std::span<const TableForm* const> kinds();
}  // namespace table_forms

// `bytes` of a table as import.h describes them; `file` names it in errors. Throws Error(kCorrupt).
SaidTable read_said_table(const std::string& bytes, const std::string& file);

}  // namespace microtome
