// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/plain.h"

#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/csv_table.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"

namespace microtome::concept_formats {

NumberedClasses read_names(const std::string& folder, int largest, const ProblemSink& report, SetDigest& digest) {
  const CsvTable table(folder, "names.csv", {"number", "name"}, {"category"}, report,
                       [&](const std::string& file, std::string_view bytes) { digest.add_table(file, bytes); });
  NumberedClasses out;
  LabelNumbers<int> vocabulary;
  std::map<int, std::string> category_of;
  for (const CsvRow& row : table.rows()) {
    const std::optional<int> number = table.integer(row, "number", 1, largest);
    if (!number) continue;
    if (!out.label_of.emplace(*number, uint16_t{0}).second) {
      table.bad(row, fmt::format("number {} is there twice", *number));
      continue;
    }
    const std::string &name = table.text(row, "name"), &category = table.text(row, "category");
    if (name.empty()) continue;
    if (category.find_first_of("/\\;,") != std::string::npos) {
      table.bad(row, fmt::format("\"{}\" cannot be the name of a category", category));
      continue;
    }
    category_of[*number] = category.empty() ? "object" : category;
    vocabulary.add(category_of[*number], *number, name);
  }
  if (category_of.empty()) throw Error(ErrorKind::kCorrupt, table.path(), "no row names a class");
  out.index = vocabulary.index(folder);
  for (const auto& [number, category] : category_of) out.label_of[number] = vocabulary.label(category, number);
  return out;
}

std::map<std::string, std::string> read_splits(const std::string& folder, const ProblemSink& report,
                                               SetDigest& digest) {
  std::map<std::string, std::string> splits;
  if (!is_there(folder + "/splits.csv")) return splits;
  const CsvTable table(folder, "splits.csv", {"image", "split"}, {}, report,
                       [&](const std::string& file, std::string_view bytes) { digest.add_table(file, bytes); });
  for (const CsvRow& row : table.rows()) {
    const std::string &image = table.text(row, "image"), &split = table.text(row, "split");
    if (!stays_below(image) || !is_there(folder + "/images/" + image)) {
      table.bad(row, fmt::format("there is no picture \"{}\" in images/", image));
    } else if (split.empty()) {
      table.bad(row, image + " has an empty split");
    } else if (!splits.emplace(image, split).second) {
      table.bad(row, image + " is listed twice");
    }
  }
  return splits;
}

void measure_picture(const std::string& folder, ConceptImage& info, const std::string& named_by,
                     const std::string& mask, SetDigest& digest) {
  measure_listed_picture(folder, info, named_by, mask);
  if (info.width > 0) {
    info.label_width = std::max(1, info.width / 2), info.label_height = std::max(1, info.height / 2);
  }
  digest.add_file(info.file);
}

}  // namespace microtome::concept_formats
