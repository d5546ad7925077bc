// SPDX-License-Identifier: Apache-2.0
// PASCAL-Context: every pixel labelled, in MATLAB files.
#include <fmt/format.h>

#include <limits>
#include <unordered_set>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/csv.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/pascal_mats.h"
#include "microtome/concepts/formats/pascal_names.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/text_lines.h"

namespace microtome::concept_formats {
namespace {

constexpr std::string_view kUnknown = "unknown";  // No label.

// "" or "context/": where labels.txt and trainval/ are; nothing when they are not there.
std::optional<std::string> context_folder(const std::string& folder) {
  for (const std::string below : {"", "context/"}) {
    if (is_there(folder + "/" + below + "labels.txt") && is_folder(folder + "/" + below + "trainval")) {
      return below;
    }
  }
  return std::nullopt;
}

// trainval/*.mat with a LabelMap, labels.txt with 459 names.
class ContextSet : public PascalMatSet {
 public:
  ContextSet(const std::string& folder, const ProblemSink& report)
      : PascalMatSet(folder, context_folder(folder).value_or("") + "trainval") {
    SetDigest digest(folder);
    read_names(context_folder(folder).value_or("") + "labels.txt", digest, report);
    LabelNumbers<int64_t> vocabulary;
    for (const auto& [number, name] : names_) {
      if (name != kUnknown) vocabulary.add("object", number, name);
    }
    ConceptIndex index = vocabulary.index(folder);
    for (const auto& [number, name] : names_) labels_[number] = vocabulary.label("object", number);
    finish(list_rows(digest), std::move(index), digest);
  }

  ImageLabels labels(int64_t image) const override {
    const Row& from = row(image);
    const std::string where = mat_of(from);
    const std::vector<MatlabArray> variables = read_mat(from);
    const MatlabArray& numbers = matlab_variable(variables, "LabelMap", where);
    if (numbers.kind != MatlabArray::Kind::kNumeric || numbers.dims.size() != 2) {
      throw Error(ErrorKind::kCorrupt, where, "LabelMap is no matrix of numbers");
    }
    const int width = from.info.label_width, height = from.info.label_height;
    if (!numbers.is_matrix(height, width)) {
      throw Error(ErrorKind::kCorrupt, where,
                  fmt::format("LabelMap is {} x {}, {} is {} x {}", numbers.dims[1], numbers.dims[0], from.info.file,
                              width, height));
    }
    LabelMap map(width, height);
    for (int x = 0; x < width; ++x) {
      for (int y = 0; y < height; ++y) map.at(x, y) = label_of(numbers.number(int64_t{x} * height + y), where);
    }
    return {width, height, {map}, {}, false};
  }

 private:
  uint16_t label_of(double number, const std::string& where) const {
    if (number == 0) return 0;
    const bool whole = number >= 1 && number <= 65535 && number == static_cast<int64_t>(number);
    const auto found = whole ? labels_.find(static_cast<int64_t>(number)) : labels_.end();
    if (found != labels_.end()) return found->second;
    throw Error(ErrorKind::kCorrupt, where,
                fmt::format("a pixel is of class {}, which labels.txt does not have", number));
  }

  void read_names(const std::string& file, SetDigest& digest, const ProblemSink& report) {
    const std::string bytes = read_listed(folder() + "/" + file, {});
    digest.add_table(file, bytes);
    std::unordered_set<std::string> used;
    int line = 0;
    for (const std::string& text : text_lines(bytes)) {
      ++line;
      if (text.empty()) continue;
      const auto bad = [&](std::string what) { report({Severity::kError, "bad table", file, line, std::move(what)}); };
      const size_t colon = text.find(':');
      const auto number = parse_integer(std::string_view(text).substr(0, std::min(colon, text.size())));
      const std::string name(colon == std::string::npos ? "" : trimmed(std::string_view(text).substr(colon + 1)));
      if (!number || name.empty()) {
        bad(fmt::format("\"{}\" is not \"NUMBER: NAME\"", text));
      } else if (*number < 1 || *number > std::numeric_limits<uint16_t>::max()) {
        bad(fmt::format("the number {} is not from 1 to 65535", *number));
      } else if (names_.contains(*number)) {
        bad(fmt::format("the number {} is there twice", *number));
      } else if (!used.insert(name).second) {
        bad(fmt::format("the name \"{}\" is there twice", name));
      } else {
        names_[*number] = name;
      }
    }
    if (names_.empty()) throw Error(ErrorKind::kCorrupt, folder() + "/" + file, "the table has no names");
  }

  std::map<int64_t, std::string> names_;
  std::unordered_map<int64_t, uint16_t> labels_;
};

}  // namespace

extern const ConceptFormat pascal_context;
const ConceptFormat pascal_context = {
    "pascal_context", "PASCAL-Context: 459 classes of objects and stuff on VOC's pictures",
    "JPEGImages/*.jpg, and here or in context/: labels.txt and trainval/*.mat",
    [](const std::string& path) { return is_folder(path + "/JPEGImages") && context_folder(path).has_value(); },
    open_as<ContextSet>};

}  // namespace microtome::concept_formats
