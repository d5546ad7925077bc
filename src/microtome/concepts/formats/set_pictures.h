// SPDX-License-Identifier: Apache-2.0
// Pictures and masks of a concept set on disk, and their sizes. Errors name the file and what named it.
#pragma once
#include <string>

#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/formats/picture_remarks.h"
#include "microtome/image/photo.h"

namespace microtome::concept_formats {

struct PictureSize {
  int width = 0, height = 0;
};
// As it is stored, from the header of a JPEG or PNG, without decoding. Throws Error(kNotFound/kCorrupt/kIo).
PictureSize picture_size(const std::string& path, const std::string& named_by);
// Whether a mask is of the shape of a picture: of its size, or scaled to whole pixels.
bool same_shape(PictureSize mask, PictureSize picture);

// Throws Error(kCorrupt) unless the sizes agree; `stated_by` says which table or file claims the expected one.
void expect_size(int width, int height, PictureSize expected, const std::string& where, const std::string& stated_by);
// The bytes of a PNG; Error(kCorrupt) on pictures of other kinds, which would not keep class numbers.
std::string read_mask_png(const std::string& path, const std::string& named_by);

// Fills info.width and height from the header of the picture: upright as its EXIF orientation says. With a `mask`
// (relative to the folder, empty: none) a picture that lies on its side is upright only if the mask has that shape, and
// as it is stored otherwise. One that is missing or damaged leaves them 0 and stays in the set: reading it throws, so
// that it is left out by its name, and the rest is not lost with it.
void measure_listed_picture(const std::string& folder, ConceptImage& info, const std::string& named_by,
                            const std::string& mask);

// The picture of a row, of the stated size; of one that could not be measured it throws what is wrong with it.
Image read_listed_picture(const std::string& folder, const ConceptImage& info, const std::string& named_by,
                          PictureRemarks& remarks);
// Upright, but as it is stored where only that has the stated size; the caller holds the size against it.
Image as_stated(const Photo& photo, const ConceptImage& info, PictureRemarks& remarks);

}  // namespace microtome::concept_formats
