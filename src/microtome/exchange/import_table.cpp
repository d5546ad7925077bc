// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/import_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "microtome/base/error.h"

namespace microtome {
namespace {

// A concept without any counts is of a table that had none, as compexp's exported again. A label that stands twice in
// a pixel counts twice in I and G and once in A, so I may exceed A. Of the nameless label 0, which is left out,
// published tables of ResNet-152 say an intersection without an activation.
void check_counts(const TableRow& row, const std::string& category, const SaidScore& score) {
  if (score.label.empty()) return;
  if (score.truth == 0 && score.activation == 0 && score.intersection == 0) return;
  if (score.intersection > score.truth || (score.intersection > 0 && score.activation == 0)) {
    row.fail(fmt::format("{0}-intersect is {1}, more than {0}-truth {2} and {0}-activation {3} allow", category,
                         score.intersection, score.truth, score.activation));
  }
  const int64_t all = score.activation + score.truth - score.intersection;
  const double iou = all > 0 ? static_cast<double>(score.intersection) / static_cast<double>(all) : 0;
  if (std::abs(iou - score.iou) > kTableTolerance) {
    row.fail(fmt::format("{}-iou is {}, but intersect / (activation + truth - intersect) is {:.6f}", category,
                         score.iou, iou));
  }
}

class TableReader {
 public:
  TableReader(const std::string& bytes, const std::string& file) : file_(file), rows_(parse_csv(bytes, file)) {
    if (rows_.empty()) throw Error(ErrorKind::kCorrupt, file, "the table is empty");
    for (size_t i = 0; i < rows_[0].fields.size(); ++i) {
      const std::string& name = rows_[0].fields[i];
      if (!columns_.emplace(name, i).second) fail(fmt::format("the column \"{}\" is there twice", name));
      if (name.size() > 4 && name.ends_with("-iou")) categories_.push_back(name.substr(0, name.size() - 4));
    }
    for (const char* name : {"unit", "category", "label", "score"}) expect_column(name);
    for (const std::string& category : categories_) {
      for (const char* part : {"-label", "-truth", "-activation", "-intersect"}) expect_column(category + part);
    }
    const auto forms = table_forms::kinds();
    const auto form = std::ranges::find_if(forms, [&](const TableForm* one) { return one->recognize(columns_); });
    if (form == forms.end()) {
      fail("there is no column CATEGORY-iou and no column length",
           "this reads tables of NetDissect, NetDissect-Lite and compexp");
    }
    form_ = *form;
  }

  const std::vector<std::string>& categories() const { return categories_; }

  std::vector<SaidUnit> units() const {
    std::vector<SaidUnit> out;
    std::set<int> seen;
    std::map<std::string, int64_t> truths;  // A concept is as large for one unit as for another.
    for (size_t i = 1; i < rows_.size(); ++i) {
      const TableRow row(file_, columns_, rows_[i]);
      if (rows_[i].fields.size() != rows_[0].fields.size()) {
        row.fail(fmt::format("the row has {} fields, the header {}", rows_[i].fields.size(), rows_[0].fields.size()));
      }
      out.push_back(read(row));
      if (!seen.insert(out.back().unit).second) row.fail(fmt::format("unit {} is there twice", row.text("unit")));
      for (const auto& [category, score] : out.back().by_category) {
        const auto known = truths.emplace(category + "\n" + score.label, score.truth).first;
        if (!score.label.empty() && known->second != score.truth) {
          row.fail(fmt::format("{}-truth of \"{}\" is {}, in a row before it is {}", category, score.label, score.truth,
                               known->second));
        }
      }
    }
    if (out.empty()) throw Error(ErrorKind::kCorrupt, file_, "the table has no units");
    std::ranges::sort(out, {}, &SaidUnit::unit);
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& remedy = "") const {
    throw Error(ErrorKind::kCorrupt, file_ + ":1", what, remedy);
  }
  void expect_column(const std::string& name) const {
    if (!columns_.contains(name)) fail(fmt::format("there is no column \"{}\"", name));
  }

  SaidUnit read(const TableRow& row) const {
    SaidUnit out;
    out.unit = static_cast<int>(row.count("unit", form_->first_unit, 10'000'000)) - form_->first_unit;
    out.category = row.text("category"), out.label = row.text("label"), out.score = row.number("score", 0, 1);
    for (const std::string& category : categories_) {
      SaidScore& score = out.by_category[category];
      score.label = row.text(category + "-label");
      score.truth = row.count(category + "-truth");
      score.activation = row.count(category + "-activation");
      score.intersection = row.count(category + "-intersect");
      score.iou = row.number(category + "-iou", 0, 1);
      check_counts(row, category, score);
    }
    form_->finish(row, out);
    return out;
  }

  std::string file_;
  std::vector<CsvRow> rows_;
  Columns columns_;
  std::vector<std::string> categories_;
  const TableForm* form_ = nullptr;
};

}  // namespace

void TableRow::fail(const std::string& what) const {
  throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}", file_, row_.line), what);
}

double TableRow::number(const std::string& column, double low, double high) const {
  const std::optional<double> value = parse_number(text(column));
  if (!value || *value < low || *value > high) {
    fail(fmt::format("{} is \"{}\", not a number from {:g} to {:g}", column, text(column), low, high));
  }
  return *value;
}

int64_t TableRow::count(const std::string& column, double low, double high) const {
  const double value = number(column, low, high);
  if (value != std::floor(value)) fail(fmt::format("{} is \"{}\", not a whole number", column, text(column)));
  return static_cast<int64_t>(value);
}

SaidTable read_said_table(const std::string& bytes, const std::string& file) {
  const TableReader reader(bytes, file);
  return {reader.categories(), reader.units()};
}

}  // namespace microtome
