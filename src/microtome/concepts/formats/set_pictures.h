// SPDX-License-Identifier: Apache-2.0
// Pictures and masks of a concept set on disk, and their sizes. Errors name the file and what named it.
#pragma once
#include <string>

#include "microtome/concepts/concept_set.h"

namespace microtome::concept_formats {

struct PictureSize {
  int width = 0, height = 0;
};
// From the header of a JPEG or PNG, without decoding. Throws Error(kNotFound/kCorrupt/kIo).
PictureSize picture_size(const std::string& path, const std::string& named_by);

// Throws Error(kCorrupt) unless the sizes agree; `stated_by` says which table or file claims the expected one.
void expect_size(int width, int height, PictureSize expected, const std::string& where, const std::string& stated_by);
// The bytes of a PNG; Error(kCorrupt) on pictures of other kinds, which would not keep class numbers.
std::string read_mask_png(const std::string& path, const std::string& named_by);

// Fills info.width and height from the header of the picture. One that is missing or damaged leaves them 0 and stays in
// the set: reading it throws, so that it is left out by its name, and the rest is not lost with it.
void measure_listed_picture(const std::string& folder, ConceptImage& info, const std::string& named_by);

// The picture of a row, of the stated size; of one that could not be measured it throws what is wrong with it.
Image read_listed_picture(const std::string& folder, const ConceptImage& info, const std::string& named_by);

}  // namespace microtome::concept_formats
