// SPDX-License-Identifier: Apache-2.0
// What the json files of COCO's layouts have in common: images, categories, and where the pictures are.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "microtome/concepts/formats/json_rows.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {

inline constexpr int64_t kAnyCocoId = int64_t{1} << 53;  // Ids are numbers of json.

// annotations/KIND_NAME.json
struct CocoFile {
  std::string json;      // Relative to the set.
  std::string name;      // "val2017"
  std::string split;     // "val": the name without its year.
  std::string pictures;  // The folder that holds the pictures: NAME, images/NAME or images.
};

struct CocoRow {
  ConceptImage info;
  int file = 0;                   // Of the json files.
  int64_t id = 0;                 // "image_id" of the annotations.
  uint32_t first = 0, count = 0;  // A range of the layout's own items.
};

struct CocoCategory {
  std::string name;
  std::string category;  // "object" or "stuff".
  bool none = false;     // "other": whatever is no stuff. It is no label.
};

// Reads the json files of one kind, one after the other, each once.
class CocoTables {
 public:
  // Files whose pictures are not there are left out with a warning; Error(kNotFound) when none is left.
  CocoTables(const std::string& folder, std::string_view kind, const ProblemSink& report);

  const std::vector<CocoFile>& files() const { return files_; }
  std::string path(int file) const { return folder_ + "/" + this->file(file).json; }

  // Each annotation goes to `use`, with its image's id; what images and categories it names may come behind it.
  void read(int file, const std::function<void(const JsonRow& annotation, int64_t image)>& use);
  // After read(), of the file just read. Throws Error(kCorrupt) naming the annotation when there is no such image or
  // category.
  uint32_t row_of(int64_t image, std::string_view annotation) const;
  const CocoCategory& category_of(int64_t id, std::string_view annotation) const;

  std::vector<CocoRow>& rows() { return rows_; }
  SetDigest& digest() { return digest_; }
  // After the last file: labels in the order of category ids; 0 for "other".
  ConceptIndex name_labels(LabelNumbers<int64_t>& vocabulary) const;
  uint16_t label_of(int64_t category, const LabelNumbers<int64_t>& vocabulary) const;
  std::unordered_map<int64_t, uint16_t> labels_by_category(const LabelNumbers<int64_t>& vocabulary) const;

 private:
  const CocoFile& file(int file) const { return files_.at(static_cast<size_t>(file)); }
  void read_image(int file, int64_t position, const nlohmann::json& row);
  void read_category(int file, int64_t position, const nlohmann::json& row);

  std::string folder_;
  std::string kind_;
  std::vector<CocoFile> files_;
  std::vector<CocoRow> rows_;
  std::map<int64_t, CocoCategory> categories_;
  std::map<std::pair<std::string, std::string>, int64_t> category_names_;
  std::unordered_map<std::string, int> pictures_;
  SetDigest digest_;
  std::string current_;                            // Path of the file just read.
  std::unordered_map<int64_t, uint32_t> images_;   // Of the current file: id to row.
  std::map<int64_t, int64_t> current_categories_;  // Of the current file.
};

// Whether the folder has annotations/KIND_*.json.
bool has_coco_files(const std::string& folder, std::string_view kind);

// The rows, pictures and vocabulary of a set of these layouts; labels() is the layout's own.
class CocoSet : public ConceptSet {
 public:
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  const ConceptImage& image_info(int64_t image) const override { return row(image).info; }
  Image image(int64_t image) const override {
    return read_listed_picture(folder_, row(image).info, named_by(row(image)), remarks_);
  }
  const std::string& hash() const override { return hash_; }
  std::vector<std::string> remarks() const override { return remarks_.lines(); }

 protected:
  explicit CocoSet(std::string folder) : folder_(std::move(folder)) {}
  // Takes over what was read.
  void finish(CocoTables& tables, ConceptIndex index);

  const CocoRow& row(int64_t image) const { return rows_.at(static_cast<size_t>(image)); }
  const CocoFile& file(const CocoRow& row) const { return files_.at(static_cast<size_t>(row.file)); }
  std::string named_by(const CocoRow& row) const;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  mutable PictureRemarks remarks_;
  std::vector<CocoFile> files_;
  std::vector<CocoRow> rows_;
  ConceptIndex index_{{}, {}};
  std::string hash_;
};

}  // namespace microtome::concept_formats
