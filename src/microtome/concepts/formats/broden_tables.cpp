// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/broden_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/csv_table.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome::concept_formats {
namespace {

constexpr int kLargestLabel = std::numeric_limits<uint16_t>::max();  // What R + 256 * G can say.
constexpr int kLargestBrodenSide = 1 << 20;

using Names = CsvTable::Names;

// Frequency and coverage where the table has them.
StatedTotals totals_of(const CsvTable& table, const CsvRow& row) {
  const std::string &frequency = table.text(row, "frequency"), &coverage = table.text(row, "coverage");
  StatedTotals out{row.line, parse_integer(frequency), parse_number(coverage)};
  if (!out.images && !frequency.empty()) {
    table.bad(row, fmt::format("frequency is \"{}\", not a whole number", frequency));
  }
  if (!out.coverage && !coverage.empty()) table.bad(row, fmt::format("coverage is \"{}\", not a number", coverage));
  return out;
}

Names names_in(const std::string& list) {
  Names out;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(';', begin), list.size());
    if (end > begin) out.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

class BrodenParser {
 public:
  BrodenParser(const std::string& folder, const ProblemSink& report) : folder_(folder), report_(report) {
    out_.digest = SetDigest(folder);
  }

  BrodenTables parse() {
    const Names base = {"image", "split", "ih", "iw", "sh", "sw"};
    Names required = base;
    const CsvTable categories(folder_, "category.csv", {"name"}, {"first", "last", "count", "frequency"}, report_,
                              digest_);
    for (const CsvRow& row : categories.rows()) {
      const std::string& name = categories.text(row, "name");
      if (!stays_below(name) || name.find('/') != std::string::npos || contains(required, name)) {
        categories.bad(row, fmt::format("\"{}\" cannot be the name of a category, or is one already", name));
        continue;
      }
      required.push_back(name);
    }
    const CsvTable index(folder_, "index.csv", required, {}, report_, digest_);
    for (const std::string& column : index.header()) {
      if (!contains(base, column)) categories_.push_back(column);
    }
    read_labels();
    for (size_t i = 0; i < categories_.size(); ++i) read_category(static_cast<int>(i));
    check_membership();
    out_.index = ConceptIndex(categories_, concepts_);
    for (const CsvRow& row : index.rows()) read_row(index, row);
    for (const BrodenRow& row : out_.rows) add_files(row);
    return std::move(out_);
  }

 private:
  void read_labels() {
    const CsvTable table(folder_, "label.csv", {"number", "name"}, {"category", "frequency", "coverage", "syns"},
                         report_, digest_);
    concepts_.resize(1);
    for (const CsvRow& row : table.rows()) {
      const std::optional<int> number = table.integer(row, "number", 0, kLargestLabel);
      if (!number) continue;
      const std::string& name = table.text(row, "name");
      if (*number == 0) {
        table.odd(row, "label 0 means \"no label\" and needs no row");
        continue;
      }
      const auto label = static_cast<size_t>(*number);
      if (label >= concepts_.size()) concepts_.resize(label + 1);
      if (name.empty()) {
        table.bad(row, fmt::format("label {} has no name", label));
      } else if (!concepts_[label].name.empty()) {
        table.bad(row, fmt::format("label {} is there twice", label));
      } else {
        concepts_[label] = {*number, name, -1, {}, names_in(table.text(row, "syns"))};
        out_.label_totals[*number] = totals_of(table, row);
      }
    }
  }

  void read_category(int category) {
    const std::string& name = categories_[static_cast<size_t>(category)];
    const CsvTable table(folder_, "c_" + name + ".csv", {"number", "coverage"}, {"code", "name", "frequency"}, report_,
                         digest_);
    std::map<int, StatedTotals>& totals = out_.category_totals.emplace_back();
    for (const CsvRow& row : table.rows()) {
      const std::optional<int> label = table.integer(row, "number", 0, kLargestLabel);
      if (!label) continue;
      if (!is_known(*label)) {
        table.bad(row, fmt::format("label {} is not in label.csv", *label));
        continue;
      }
      Concept& item = concepts_[static_cast<size_t>(*label)];
      if (!table.text(row, "name").empty() && table.text(row, "name") != item.name) {
        table.odd(row, fmt::format("label {} is \"{}\" here, \"{}\" in label.csv", *label, table.text(row, "name"),
                                   item.name));
      }
      if (!totals.emplace(*label, totals_of(table, row)).second) {
        table.bad(row, fmt::format("label {} is there twice", *label));
        continue;
      }
      item.categories.push_back(category);
      if (item.category < 0 || coverage(item.category, *label) < coverage(category, *label)) item.category = category;
    }
  }

  double coverage(int category, int label) const {
    return out_.category_totals[static_cast<size_t>(category)].at(label).coverage.value_or(0.0);
  }

  bool is_known(int label) const {
    return label >= 1 && static_cast<size_t>(label) < concepts_.size() &&
           !concepts_[static_cast<size_t>(label)].name.empty();
  }

  // The primary category decides which images a concept is compared on, so a label without one cannot be scored. Sets
  // cut from larger ones list such labels; as long as no picture holds them they do no harm.
  void check_membership() {
    for (const Concept& item : concepts_) {
      if (item.name.empty() || !item.categories.empty()) continue;
      report_({Severity::kWarning, "odd table", "label.csv", out_.label_totals[item.number].line,
               fmt::format("label {} ({}) is in no c_*.csv", item.number, item.name)});
    }
  }

  void read_row(const CsvTable& table, const CsvRow& row) {
    BrodenRow out;
    out.line = row.line;
    out.info.file = table.text(row, "image");
    out.info.split = table.text(row, "split");
    bool usable = check_path(table, row, "image", out.info.file);
    const auto side = [&](const char* column, int& value) {
      const std::optional<int> read = table.integer(row, column, 1, kLargestBrodenSide);
      usable = usable && read;
      value = read.value_or(0);
    };
    side("ih", out.info.height), side("iw", out.info.width);
    side("sh", out.info.label_height), side("sw", out.info.label_width);
    for (const std::string& category : categories_) {
      out.cells.push_back(read_cell(table, row, category));
      if (out.cells.back().says_zero) {
        report_({Severity::kWarning, "whole-image 0", "index.csv", row.line,
                 fmt::format("the {} of {} is label 0, which means \"no label\" and is left out", category,
                             out.info.file)});
      }
    }
    if (usable) out_.rows.push_back(std::move(out));
  }

  BrodenCell read_cell(const CsvTable& table, const CsvRow& row, const std::string& category) {
    BrodenCell cell;
    const std::string& text = table.text(row, category);
    for (size_t begin = 0; !text.empty() && begin <= text.size();) {
      const size_t end = std::min(text.find(';', begin), text.size());
      const std::string item = text.substr(begin, end - begin);
      begin = end + 1;
      if (item.find_first_not_of("+-0123456789.") != std::string::npos) {
        if (check_path(table, row, category, item)) cell.masks.push_back(item);
        continue;
      }
      const std::optional<int64_t> label = parse_integer(item);
      if (label && *label == 0) {
        cell.says_zero = true;
      } else if (label && *label <= kLargestLabel && is_known(static_cast<int>(*label)) &&
                 concepts_[static_cast<size_t>(*label)].category >= 0) {
        cell.whole_image.push_back(static_cast<int>(*label));
      } else if (label) {
        report_(
            {Severity::kError, "label out of range", "index.csv", row.line,
             fmt::format("the {} cell names label {}, which is not in label.csv or in no c_*.csv", category, *label)});
      } else {
        table.bad(row, fmt::format("the {} cell holds \"{}\", neither a label nor a mask", category, item));
      }
    }
    return cell;
  }

  void add_files(const BrodenRow& row) {
    out_.digest.add_file("images/" + row.info.file);
    for (const BrodenCell& cell : row.cells) {
      for (const std::string& mask : cell.masks) out_.digest.add_file("images/" + mask);
    }
  }

  bool check_path(const CsvTable& table, const CsvRow& row, const std::string& column, const std::string& name) const {
    if (stays_below(name)) return true;
    table.bad(row, fmt::format("\"{}\" in the {} column does not name a file below images/", name, column));
    return false;
  }

  const std::string& folder_;
  const ProblemSink& report_;
  BrodenTables out_;
  const CsvTable::Digest digest_ = [this](const std::string& file, std::string_view bytes) {
    out_.digest.add_table(file, bytes);
  };
  Names categories_;
  std::vector<Concept> concepts_;
};

}  // namespace

BrodenTables read_broden_tables(const std::string& folder, const ProblemSink& report) {
  return BrodenParser(folder, report).parse();
}

}  // namespace microtome::concept_formats
