// SPDX-License-Identifier: Apache-2.0
// A csv file of images and their labels.
#include <fmt/format.h>

#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/csv_table.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/plain.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome::concept_formats {
namespace {

// labels.csv: a row for each label of an image.
class LabelList : public WholeImageSet {
 public:
  LabelList(const std::string& folder, const ProblemSink& report) : WholeImageSet(folder), digest_(folder) {
    const CsvTable table(folder, "labels.csv", {"image", "label"}, {"category", "split"}, report,
                         [&](const std::string& file, std::string_view bytes) { digest_.add_table(file, bytes); });
    for (const CsvRow& row : table.rows()) read_row(table, row);
    if (said_.empty()) throw Error(ErrorKind::kCorrupt, table.path(), "no row gives a picture a label");
    ConceptIndex index = vocabulary_.index(folder);
    for (const auto& [file, names] : said_) {
      for (const auto& [category, name] : names) labels_[file].push_back(vocabulary_.label(category, name));
    }
    std::vector<Row> rows;
    for (auto& [file, row] : rows_) rows.push_back(std::move(row));
    finish(std::move(rows), std::move(index), digest_);
  }

 private:
  void read_row(const CsvTable& table, const CsvRow& row) {
    const std::string &file = table.text(row, "image"), &label = table.text(row, "label");
    const std::string& category = table.text(row, "category");
    if (!stays_below(file)) return table.bad(row, fmt::format("\"{}\" does not name a picture of the set", file));
    if (label.empty()) return table.bad(row, file + " has an empty label");
    if (category.find_first_of("/\\;,") != std::string::npos) {
      return table.bad(row, fmt::format("\"{}\" cannot be the name of a category", category));
    }
    if (!rows_.contains(file)) add_image(table, row, file);
    const std::string& split = table.text(row, "split");
    if (!split.empty() && split != rows_.at(file).info.split) {
      return table.bad(row, fmt::format("{} is \"{}\" here and \"{}\" before", file, split, rows_.at(file).info.split));
    }
    const std::string in = category.empty() ? "class" : category;
    if (!said_[file].emplace(in, label).second) {
      return table.bad(row, fmt::format("{} has the label {} already", file, label));
    }
    vocabulary_.add(in, label, label);
  }

  void add_image(const CsvTable& table, const CsvRow& row, const std::string& file) {
    Row out;
    out.info.file = file;
    out.info.split = table.text(row, "split").empty() ? broden_split(file) : table.text(row, "split");
    out.named_by = fmt::format("labels.csv:{}", row.line);
    measure_picture(folder(), out.info, out.named_by, {}, digest_);
    rows_.emplace(file, std::move(out));
  }

  SetDigest digest_;
  std::map<std::string, Row> rows_;
  std::map<std::string, std::set<std::pair<std::string, std::string>>> said_;  // (category, label) by file.
  LabelNumbers<std::string> vocabulary_;
};

}  // namespace

extern const ConceptFormat label_list;
const ConceptFormat label_list = {
    "label_list", "A csv file of pictures and their labels: labels of the whole image",
    "labels.csv (image,label and perhaps category,split; a row a label, pictures relative to the folder)",
    [](const std::string& path) { return is_there(path + "/labels.csv"); }, open_as<LabelList>};

}  // namespace microtome::concept_formats
