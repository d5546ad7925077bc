// SPDX-License-Identifier: Apache-2.0
// What the layouts of pictures with masks beside them share.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/plain.h"
#include "microtome/concepts/formats/set_digest.h"

namespace microtome::concept_formats {

// Pictures in images/, and for each a mask of the same name in one or several folders beside it.
class MaskedSet : public ListedSet {
 public:
  // `begin`: folders that hold masks are all that begin so. Numbers run from 1 to `largest`.
  MaskedSet(const std::string& folder, const std::string& begin, int largest, const ProblemSink& report);

 protected:
  // 0 for a number that is no label. Throws Error(kCorrupt) naming `where` when names.csv does not have it.
  uint16_t label_of(int number, const std::string& where) const;
  // Files of the masks of a row, relative to the set.
  std::vector<std::string> masks_of(int64_t image) const;

 private:
  std::vector<std::string> list_pictures(const ProblemSink& report);
  void expect_pictures(const ProblemSink& report) const;
  void add_row(const std::string& picture, const std::map<std::string, std::string>& splits, const ProblemSink& report,
               SetDigest& digest, std::vector<Row>& rows);
  bool measure_mask(const std::string& file, ConceptImage& info, const ProblemSink& report) const;

  std::string begin_;
  NumberedClasses classes_;
  std::vector<std::string> mask_folders_;
  std::set<std::string> stems_;
};

// Whether the folder has images/ and the folder of masks.
bool has_pictures_and(const std::string& path, const std::string& masks);

}  // namespace microtome::concept_formats
