// SPDX-License-Identifier: Apache-2.0
// What a picture's file says of its pixels, read without decoding them.
#pragma once
#include <string>
#include <string_view>

namespace microtome {

struct PictureHeader {
  int width = 0, height = 0;  // As stored; 0 x 0: no PNG, JPEG or WebP, or cut off before it says so.
  int orientation = 1;        // EXIF's, 1..8: how the stored pixels are to be turned; 1 as they are.
  bool complete = false;      // All that stands before the pixels was among the bytes.
  // Another meaning of the numbers than sRGB, in words ("its colour profile \"Display P3\""); empty when none is said.
  std::string colours;

  bool lies_on_side() const { return orientation >= 5; }
  int upright_width() const { return lies_on_side() ? height : width; }
  int upright_height() const { return lies_on_side() ? width : height; }
};

// Of the first bytes of a file: its parts before the pixels, and of a whole WebP those behind them. Damaged tags say
// nothing. Pure; the work is bounded by the number of bytes.
PictureHeader read_picture_header(std::string_view bytes);

}  // namespace microtome
