// SPDX-License-Identifier: Apache-2.0
// The Describable Textures Dataset: one texture an image.
#include <fmt/format.h>

#include <map>
#include <set>
#include <sstream>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/plain.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/text_lines.h"

namespace microtome::concept_formats {
namespace {

constexpr const char* kAnnotations = "labels/labels_joint_anno.txt";

// The Describable Textures Dataset (Cimpoi et al. 2014): each picture has a texture, and others that it shows too.
class DtdSet : public WholeImageSet {
 public:
  DtdSet(const std::string& folder, const ProblemSink& report)
      : WholeImageSet(folder), report_(report), digest_(folder) {
    for (const std::string split : {"train", "val", "test"}) read_split(split);
    read_annotations();
    if (rows_.empty()) throw Error(ErrorKind::kCorrupt, folder + "/" + kAnnotations, "no line names a picture");
    for (const auto& [file, place] : split_of_) {
      if (!textures_.contains("images/" + file)) {
        bad(place.list, place.line, fmt::format("{} is not in {}", file, kAnnotations));
      }
    }
    ConceptIndex index = vocabulary_.index(folder);
    for (const auto& [file, names] : textures_) {
      for (const std::string& name : names) labels_[file].push_back(vocabulary_.label("texture", name));
    }
    finish(std::move(rows_), std::move(index), digest_);
  }

 private:
  struct Place {
    std::string split, list;
    int line = 0;
  };

  void bad(const std::string& file, int line, std::string what) const {
    report_({Severity::kError, "bad table", file, line, std::move(what)});
  }

  // The first of the ten divisions, if it is there.
  void read_split(const std::string& split) {
    const std::string list = "labels/" + split + "1.txt";
    if (!is_there(folder() + "/" + list)) return;
    const std::string bytes = read_listed(folder() + "/" + list, {});
    digest_.add_table(list, bytes);
    int line = 0;
    for (const std::string& file : text_lines(bytes)) {
      ++line;
      if (file.empty()) continue;
      const auto [known, fresh] = split_of_.emplace(file, Place{split, list, line});
      if (!fresh) bad(list, line, fmt::format("{} is in {}:{} already", file, known->second.list, known->second.line));
    }
  }

  void read_annotations() {
    const std::string bytes = read_listed(folder() + "/" + kAnnotations, {});
    digest_.add_table(kAnnotations, bytes);
    int line = 0;
    for (const std::string& text : text_lines(bytes)) {
      ++line;
      if (!text.empty()) read_line(text, line);
    }
  }

  void read_line(const std::string& text, int line) {
    std::istringstream words(text);
    std::string file, name;
    words >> file;
    if (!stays_below(file) || file.find('/') == std::string::npos) {
      return bad(kAnnotations, line, fmt::format("\"{}\" does not name a picture as TEXTURE/NAME.jpg", file));
    }
    std::vector<std::string> names;
    while (words >> name) names.push_back(name);
    if (names.empty()) return bad(kAnnotations, line, file + " has no texture");
    if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
      return bad(kAnnotations, line, file + " has a texture twice");
    }
    Row out;
    out.info.file = "images/" + file;
    out.named_by = fmt::format("{}:{}", kAnnotations, line);
    const auto split = split_of_.find(file);
    out.info.split = split == split_of_.end() ? broden_split(file) : split->second.split;
    if (textures_.contains(out.info.file)) return bad(kAnnotations, line, file + " is listed twice");
    textures_[out.info.file] = names;
    measure_picture(folder(), out.info, out.named_by, {}, digest_);
    for (const std::string& texture : names) vocabulary_.add("texture", texture, texture);
    rows_.push_back(std::move(out));
  }

  const ProblemSink& report_;
  SetDigest digest_;
  std::map<std::string, Place> split_of_;  // By file below images/.
  std::vector<Row> rows_;
  std::map<std::string, std::vector<std::string>> textures_;  // The picture's own first, as in the table.
  LabelNumbers<std::string> vocabulary_;
};

}  // namespace

extern const ConceptFormat dtd;
const ConceptFormat dtd = {
    "dtd", "The Describable Textures Dataset: textures of the whole image",
    "images/TEXTURE/*.jpg, labels/labels_joint_anno.txt, perhaps labels/train1.txt, val1.txt and test1.txt",
    [](const std::string& path) { return is_there(path + "/" + kAnnotations); }, open_as<DtdSet>};

}  // namespace microtome::concept_formats
