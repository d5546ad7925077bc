// SPDX-License-Identifier: Apache-2.0
// Sets whose rows are known when they are opened.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_pictures.h"

namespace microtome::concept_formats {

// Rows, pictures and vocabulary; labels() is the layout's own.
class ListedSet : public ConceptSet {
 public:
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  const ConceptImage& image_info(int64_t image) const override { return row(image).info; }
  Image image(int64_t image) const override {
    return read_listed_picture(folder_, row(image).info, row(image).named_by, remarks_);
  }
  const std::string& hash() const override { return hash_; }
  std::vector<std::string> remarks() const override { return remarks_.lines(); }

 protected:
  struct Row {
    ConceptImage info;
    std::string named_by;  // "ImageSets/Segmentation/train.txt:3", or empty.
  };
  explicit ListedSet(std::string folder) : folder_(std::move(folder)) {}
  void finish(std::vector<Row> rows, ConceptIndex index, SetDigest& digest) {
    rows_ = std::move(rows);
    index_ = std::move(index);
    hash_ = digest.hex();
    sort_by_broden_key(rows_);
  }

  const Row& row(int64_t image) const { return rows_.at(static_cast<size_t>(image)); }
  const std::string& folder() const { return folder_; }
  // Throws what is wrong with a picture that could not be measured.
  void expect_measured(int64_t image) const {
    if (row(image).info.width == 0) this->image(image);
  }

 private:
  std::string folder_;
  mutable PictureRemarks remarks_;
  std::vector<Row> rows_;
  ConceptIndex index_{{}, {}};
  std::string hash_;
};

// Images with labels of the whole image alone.
class WholeImageSet : public ListedSet {
 public:
  ImageLabels labels(int64_t image) const override;

 protected:
  using ListedSet::ListedSet;
  std::map<std::string, std::vector<int>> labels_;  // By file.
};

// Tells `report` what was thrown while a set was opened.
void report_what_is_thrown(const ProblemSink& report, const Error& error);

// ConceptFormat::open of a set that is made from (path, report).
template <class Set>
std::unique_ptr<ConceptSet> open_as(const std::string& path, const ProblemSink& report) {
  try {
    return std::make_unique<Set>(path, report);
  } catch (const Error& error) {
    report_what_is_thrown(report, error);
    throw;
  }
}

}  // namespace microtome::concept_formats
