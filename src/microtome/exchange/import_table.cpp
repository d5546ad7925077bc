// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/import_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/csv.h"

namespace microtome {
namespace {

constexpr double kTolerance = 1e-4;  // Some tables are printed with four digits.

class TableReader {
 public:
  TableReader(const std::string& bytes, const std::string& file) : file_(file), rows_(parse_csv(bytes, file)) {
    if (rows_.empty()) throw Error(ErrorKind::kCorrupt, file, "the table is empty");
    for (size_t i = 0; i < rows_[0].fields.size(); ++i) {
      const std::string& name = rows_[0].fields[i];
      if (!columns_.emplace(name, i).second) {
        throw Error(ErrorKind::kCorrupt, file + ":1", fmt::format("the column \"{}\" is there twice", name));
      }
      if (name.size() > 4 && name.ends_with("-iou")) categories_.push_back(name.substr(0, name.size() - 4));
    }
    for (const char* name : {"unit", "category", "label", "score"}) expect_column(name);
    compositional_ = columns_.contains("length");
    for (const std::string& category : categories_) {
      for (const char* part : {"-label", "-truth", "-activation", "-intersect"}) expect_column(category + part);
    }
    if (categories_.empty() && !compositional_) {
      throw Error(ErrorKind::kCorrupt, file + ":1", "there is no column CATEGORY-iou and no column length",
                  "this reads tables of NetDissect, NetDissect-Lite and compexp");
    }
  }

  const std::vector<std::string>& categories() const { return categories_; }

  std::vector<SaidUnit> units() const {
    std::vector<SaidUnit> out;
    std::set<int> seen;
    std::map<std::string, int64_t> truths;  // A concept is as large for one unit as for another.
    for (size_t i = 1; i < rows_.size(); ++i) {
      const CsvRow& row = rows_[i];
      if (row.fields.size() != rows_[0].fields.size()) {
        fail(row, fmt::format("the row has {} fields, the header {}", row.fields.size(), rows_[0].fields.size()));
      }
      out.push_back(read(row));
      if (!seen.insert(out.back().unit).second) fail(row, fmt::format("unit {} is there twice", text(row, "unit")));
      for (const auto& [category, score] : out.back().by_category) {
        const auto known = truths.emplace(category + "\n" + score.label, score.truth).first;
        if (!score.label.empty() && known->second != score.truth) {
          fail(row, fmt::format("{}-truth of \"{}\" is {}, in a row before it is {}", category, score.label,
                                score.truth, known->second));
        }
      }
    }
    if (out.empty()) throw Error(ErrorKind::kCorrupt, file_, "the table has no units");
    std::sort(out.begin(), out.end(), [](const SaidUnit& a, const SaidUnit& b) { return a.unit < b.unit; });
    return out;
  }

 private:
  void expect_column(const std::string& name) const {
    if (columns_.contains(name)) return;
    throw Error(ErrorKind::kCorrupt, file_ + ":1", fmt::format("there is no column \"{}\"", name));
  }
  [[noreturn]] void fail(const CsvRow& row, const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}", file_, row.line), what);
  }
  const std::string& text(const CsvRow& row, const std::string& column) const {
    return row.fields[columns_.at(column)];
  }
  double number(const CsvRow& row, const std::string& column, double low, double high) const {
    const std::optional<double> value = parse_number(text(row, column));
    if (!value || *value < low || *value > high) {
      fail(row, fmt::format("{} is \"{}\", not a number from {:g} to {:g}", column, text(row, column), low, high));
    }
    return *value;
  }
  // Counts may be written as "12.0".
  int64_t count(const CsvRow& row, const std::string& column) const {
    const double value = number(row, column, 0, 9e15);
    if (value != std::floor(value)) fail(row, fmt::format("{} is \"{}\", not a count", column, text(row, column)));
    return static_cast<int64_t>(value);
  }

  SaidUnit read(const CsvRow& row) const {
    SaidUnit out;
    const int first = compositional_ ? 0 : 1;
    const double unit = number(row, "unit", first, 10'000'000);
    if (unit != std::floor(unit)) fail(row, fmt::format("unit is \"{}\", not a whole number", text(row, "unit")));
    out.unit = static_cast<int>(unit) - first;
    out.category = text(row, "category"), out.label = text(row, "label"), out.score = number(row, "score", 0, 1);
    for (const std::string& category : categories_) {
      SaidScore& score = out.by_category[category];
      score.label = text(row, category + "-label");
      score.truth = count(row, category + "-truth");
      score.activation = count(row, category + "-activation");
      score.intersection = count(row, category + "-intersect");
      score.iou = number(row, category + "-iou", 0, 1);
      check_counts(row, category, score);
    }
    if (compositional_) {
      read_formula(row, out);
    } else {
      check_best(row, out);
    }
    return out;
  }

  // A concept without any counts is of a table that had none, as compexp's exported again. A label that stands twice in
  // a pixel counts twice in I and G and once in A, so I may exceed A.
  void check_counts(const CsvRow& row, const std::string& category, const SaidScore& score) const {
    if (!score.label.empty() && score.truth == 0 && score.activation == 0 && score.intersection == 0) return;
    if (score.intersection > score.truth || (score.intersection > 0 && score.activation == 0)) {
      fail(row, fmt::format("{0}-intersect is {1}, more than {0}-truth {2} and {0}-activation {3} allow", category,
                            score.intersection, score.truth, score.activation));
    }
    const int64_t all = score.activation + score.truth - score.intersection;
    const double iou = all > 0 ? static_cast<double>(score.intersection) / static_cast<double>(all) : 0;
    if (std::abs(iou - score.iou) > kTolerance) {
      fail(row, fmt::format("{}-iou is {}, but intersect / (activation + truth - intersect) is {:.6f}", category,
                            score.iou, iou));
    }
  }

  void check_best(const CsvRow& row, const SaidUnit& unit) const {
    const auto found = unit.by_category.find(unit.category);
    const bool none = unit.category.empty() && unit.label.empty();
    if (!none && found == unit.by_category.end()) {
      fail(row, fmt::format("category is \"{0}\", and there is no column \"{0}-iou\"", unit.category));
    }
    if (!none && found->second.label != unit.label) {
      fail(row, fmt::format("label is \"{}\", but {}-label is \"{}\"", unit.label, unit.category, found->second.label));
    }
    for (const auto& [category, score] : unit.by_category) {
      const bool same = category == unit.category;
      if (same ? std::abs(score.iou - unit.score) > kTolerance : score.iou > unit.score + kTolerance) {
        fail(row, fmt::format("score is {}, but {}-iou is {}", unit.score, category, score.iou));
      }
    }
  }

  void read_formula(const CsvRow& row, SaidUnit& out) const {
    const int64_t length = count(row, "length");
    if (length > 1) {
      out.formula = FormulaScore{out.label, static_cast<int>(length), 0, 0, out.score};
      out.label.clear(), out.category.clear(), out.score = 0;
    }
    if (!columns_.contains("label_noncomp") || !columns_.contains("score_noncomp")) return;
    out.label = text(row, "label_noncomp"), out.score = number(row, "score_noncomp", 0, 1);
    out.category = columns_.contains("category_noncomp") ? text(row, "category_noncomp") : "";
  }

  std::string file_;
  std::vector<CsvRow> rows_;
  std::map<std::string, size_t> columns_;
  std::vector<std::string> categories_;
  bool compositional_ = false;
};

}  // namespace

SaidTable read_said_table(const std::string& bytes, const std::string& file) {
  const TableReader reader(bytes, file);
  return {reader.categories(), reader.units()};
}

}  // namespace microtome
