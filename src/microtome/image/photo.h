// SPDX-License-Identifier: Apache-2.0
// A picture with what its file says of the pixels. Pure functions.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/image/picture_header.h"

namespace microtome {

struct Photo {
  Image stored;  // As decode_image() gives it.
  PictureHeader header;
  // What was passed over, in words: colours that are taken as sRGB, oddities of the file. Usually none.
  std::vector<std::string> remarks;
};

// Throws as decode_image() does.
Photo decode_photo(std::string_view bytes, const std::string& where);

// Turned and mirrored as EXIF's orientation 1..8 says.
Image turned_upright(const Image& stored, int orientation);

}  // namespace microtome
