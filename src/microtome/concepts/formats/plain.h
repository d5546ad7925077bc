// SPDX-License-Identifier: Apache-2.0
// What the layouts that people make by hand share: pictures in folders, classes in a table.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome {

extern const ConceptFormat mask_folder_format;
extern const ConceptFormat bit_masks_format;
extern const ConceptFormat class_folder_format;
extern const ConceptFormat label_list_format;
extern const ConceptFormat dtd_format;

// .jpg, .jpeg or .png in any case.
bool is_picture(std::string_view name);
// "a/b.jpg" -> "a/b".
std::string without_extension(const std::string& file);
// Relative paths of the files below a folder, sorted; names that begin with a dot are passed over.
std::vector<std::string> files_below(const std::string& folder);

// names.csv: a class a row, in the columns number, name and, if there are several categories, category ("object" when
// left out). Number 0 is no label and has no row; a row without a name says that its number is no label either (255).
struct NumberedClasses {
  ConceptIndex index{{}, {}};
  std::map<int, uint16_t> label_of;  // By number; 0 for a number that is no label.
};
// Numbers run from 1 to `largest`. Throws Error(kCorrupt) when no row names a class.
NumberedClasses read_names(const std::string& folder, int largest, const ProblemSink& report, SetDigest& digest);

// splits.csv, if there is one: image and split. Others have Broden's split of their path.
std::map<std::string, std::string> read_splits(const std::string& folder, const ProblemSink& report, SetDigest& digest);

// Fills sizes, with a label grid of half the picture, as Broden's. A picture that cannot be measured is reported, and
// the answer is false.
bool measure_picture(const std::string& folder, ConceptImage& info, const std::string& named_by,
                     const ProblemSink& report, SetDigest& digest);

// Images with labels of the whole image alone.
class WholeImageSet : public ListedSet {
 public:
  ImageLabels labels(int64_t image) const override;

 protected:
  using ListedSet::ListedSet;
  std::map<std::string, std::vector<int>> labels_;  // By file.
};

}  // namespace microtome
