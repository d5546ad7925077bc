// SPDX-License-Identifier: Apache-2.0
// One folder a class: whole-image labels.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/plain.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome::concept_formats {
namespace {

const std::vector<std::string> kClassFolderSplits = {"train", "val", "test"};

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> out;
  for (const std::string& name : sorted_names(path, "", "")) {
    if (!name.starts_with(".") && is_folder(path + "/" + name)) out.push_back(name);
  }
  return out;
}

bool all_splits(const std::vector<std::string>& names) {
  return !names.empty() && std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return std::find(kClassFolderSplits.begin(), kClassFolderSplits.end(), name) != kClassFolderSplits.end();
  });
}

// The classes below FOLDER, or below FOLDER/SPLIT for each split.
class ClassFolder : public WholeImageSet {
 public:
  ClassFolder(const std::string& folder, const ProblemSink& report)
      : WholeImageSet(folder), report_(report), digest_(folder) {
    const std::vector<std::string> top = folders_in(folder);
    const bool split = all_splits(top);
    expect_no_pictures("");
    if (split) {
      for (const std::string& name : top) expect_no_pictures(name + "/");
      for (const std::string& name : top) read_classes(name + "/", name);
    } else {
      read_classes("", "");
    }
    if (rows_.empty()) throw Error(ErrorKind::kCorrupt, folder, "no class folder holds a picture");
    ConceptIndex index = vocabulary_.index(folder);
    for (const auto& [file, name] : class_of_) labels_[file] = {vocabulary_.label("class", name)};
    finish(std::move(rows_), std::move(index), digest_);
  }

 private:
  void bad(const std::string& file, std::string what) const {
    report_({Severity::kError, "bad file", file, 0, std::move(what)});
  }

  // Tables and notes may lie beside the classes, a picture is of no class there.
  void expect_no_pictures(const std::string& below) const {
    for (const std::string& name : sorted_names(folder() + "/" + below, "", "")) {
      if (is_picture(name) && !is_folder(folder() + "/" + below + name)) {
        bad(below + name, "this picture is in no class folder");
      }
    }
  }

  void read_classes(const std::string& below, const std::string& split) {
    const std::vector<std::string> classes = folders_in(folder() + "/" + below);
    if (classes.empty()) bad(below.empty() ? "." : below, "there is no class folder");
    for (const std::string& name : classes) {
      const auto [known, fresh] = spelling_.emplace(folded(name), name);
      if (!fresh && known->second != name) {
        bad(below + name, fmt::format("the class differs from \"{}\" in capitals alone", known->second));
      }
      vocabulary_.add("class", name, name);
      read_class(below + name, name, split);
    }
  }

  void read_class(const std::string& path, const std::string& name, const std::string& split) {
    const std::vector<std::string> files = files_below(folder() + "/" + path);
    if (files.empty()) bad(path, "the class folder is empty");
    for (const std::string& file : files) {
      if (!is_picture(file)) {
        bad(path + "/" + file, "this is no picture: its name must end in .jpg, .jpeg or .png");
        continue;
      }
      Row out;
      out.info.file = path + "/" + file;
      out.info.split = split.empty() ? broden_split(out.info.file) : split;
      measure_picture(folder(), out.info, {}, {}, digest_);
      class_of_[out.info.file] = name;
      rows_.push_back(std::move(out));
    }
  }

  static std::string folded(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name;
  }

  const ProblemSink& report_;
  SetDigest digest_;
  std::vector<Row> rows_;
  LabelNumbers<std::string> vocabulary_;
  std::map<std::string, std::string> class_of_, spelling_;
};

bool holds_pictures(const std::string& path) {
  const std::vector<std::string> names = sorted_names(path, "", "");
  return std::any_of(names.begin(), names.end(), [](const std::string& name) { return is_picture(name); });
}

}  // namespace

extern const ConceptFormat class_folder;
const ConceptFormat class_folder = {"class_folder", "A folder of pictures for each class: labels of the whole image",
                                    "CLASS/*.jpg or .png, or train/CLASS/* and val/CLASS/*",
                                    [](const std::string& path) {
                                      std::vector<std::string> classes = folders_in(path);
                                      if (all_splits(classes)) {
                                        std::vector<std::string> below;
                                        for (const std::string& split : classes) {
                                          for (const std::string& name : folders_in(path + "/" + split))
                                            below.push_back(split + "/" + name);
                                        }
                                        classes = below;
                                      }
                                      return classes.size() > 1 &&
                                             std::any_of(classes.begin(), classes.end(), [&](const std::string& name) {
                                               return holds_pictures(path + "/" + name);
                                             });
                                    },
                                    open_as<ClassFolder>};

}  // namespace microtome::concept_formats
