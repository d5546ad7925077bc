// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/plain.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/csv_table.h"

namespace microtome {

namespace fs = std::filesystem;

bool is_picture(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

std::string without_extension(const std::string& file) {
  const size_t dot = file.rfind('.'), slash = file.rfind('/');
  const bool has = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return has ? file.substr(0, dot) : file;
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(folder, failed); !failed && at != fs::recursive_directory_iterator();
       at.increment(failed)) {
    const bool hidden = at->path().filename().string().starts_with(".");
    if (hidden && at->is_directory()) at.disable_recursion_pending();
    if (!hidden && !at->is_directory()) files.push_back(at->path().lexically_relative(folder).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

NumberedClasses read_names(const std::string& folder, int largest, const ProblemSink& report, SetDigest& digest) {
  const CsvTable table(folder, "names.csv", {"number", "name"}, {"category"}, report,
                       [&](const std::string& file, std::string_view bytes) { digest.add_table(file, bytes); });
  NumberedClasses out;
  Vocabulary<int> vocabulary;
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
  if (!fs::exists(fs::path(folder) / "splits.csv")) return splits;
  const CsvTable table(folder, "splits.csv", {"image", "split"}, {}, report,
                       [&](const std::string& file, std::string_view bytes) { digest.add_table(file, bytes); });
  for (const CsvRow& row : table.rows()) {
    const std::string &image = table.text(row, "image"), &split = table.text(row, "split");
    if (!fs::exists(fs::path(folder) / "images" / image) || !stays_below(image)) {
      table.bad(row, fmt::format("there is no picture \"{}\" in images/", image));
    } else if (split.empty()) {
      table.bad(row, image + " has an empty split");
    } else if (!splits.emplace(image, split).second) {
      table.bad(row, image + " is listed twice");
    }
  }
  return splits;
}

bool measure_picture(const std::string& folder, ConceptImage& info, const std::string& named_by,
                     const ProblemSink& report, SetDigest& digest) {
  try {
    const PictureSize size = picture_size(folder + "/" + info.file, named_by);
    info.width = size.width, info.height = size.height;
    info.label_width = std::max(1, size.width / 2), info.label_height = std::max(1, size.height / 2);
  } catch (const Error& error) {
    const bool missing = error.kind() == ErrorKind::kNotFound;
    const std::string what = complaint_of(error, place_of(folder + "/" + info.file, named_by));
    report({Severity::kError, missing ? "missing file" : "bad file", info.file, 0,
            named_by.empty() ? what : fmt::format("{} ({})", what, named_by)});
    return false;
  }
  digest.add_file(info.file);
  return true;
}

ImageLabels WholeImageSet::labels(int64_t image) const {
  const ConceptImage& info = row(image).info;
  ImageLabels out{info.label_width, info.label_height, {}, {}, false};
  const auto found = labels_.find(info.file);
  if (found != labels_.end()) out.whole_image = found->second;
  return out;
}

}  // namespace microtome
