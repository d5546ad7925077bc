// SPDX-License-Identifier: Apache-2.0
// What the layouts that people make by hand share: classes and splits in a table, pictures of any size.
#pragma once
#include <map>
#include <string>

#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {

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

// Fills sizes as measure_listed_picture() does, with a label grid of half the picture, as Broden's.
void measure_picture(const std::string& folder, ConceptImage& info, const std::string& named_by,
                     const std::string& mask, SetDigest& digest);

}  // namespace microtome::concept_formats
