// SPDX-License-Identifier: Apache-2.0
// For tests: pictures with tags.
#pragma once
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "microtome/image/image.h"

namespace microtome {

inline std::string big_endian(uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
  return out;
}

// EXIF's TIFF structure with another tag and the orientation.
inline std::string exif(int orientation, bool little = false) {
  const auto number = [&](uint32_t value, int bytes) {
    const std::string big = big_endian(value, bytes);
    return little ? std::string(big.rbegin(), big.rend()) : big;
  };
  return (little ? "II" : "MM") + number(42, 2) + number(8, 4) + number(2, 2) +  //
         number(0x0100, 2) + number(3, 2) + number(1, 4) + number(9, 2) + number(0, 2) + number(0x0112, 2) +
         number(3, 2) + number(1, 4) + number(static_cast<uint32_t>(orientation), 2) + number(0, 2) + number(0, 4);
}

// Puts a segment behind the first two bytes of a JPEG.
inline std::string with_segment(const std::string& jpeg, uint8_t marker, const std::string& body) {
  return jpeg.substr(0, 2) + '\xFF' + static_cast<char>(marker) +
         big_endian(static_cast<uint32_t>(body.size() + 2), 2) + body + jpeg.substr(2);
}
inline std::string with_exif(const std::string& jpeg, int orientation, bool little = false) {
  return with_segment(jpeg, 0xE1, std::string("Exif\0\0", 6) + exif(orientation, little));
}

// Puts a chunk behind the header of a PNG.
inline std::string with_chunk(const std::string& png, const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return png.substr(0, 33) + big_endian(static_cast<uint32_t>(data.size()), 4) + body +
         big_endian(static_cast<uint32_t>(crc), 4) + png.substr(33);
}

// What a camera stores, from the words of the EXIF standard: where the 0th row and the 0th column are to be seen.
inline Image as_stored(const Image& upright, int orientation) {
  const bool turned = orientation >= 5;
  const bool far_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool far_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Image out(turned ? upright.height : upright.width, turned ? upright.width : upright.height, upright.channels);
  for (int row = 0; row < out.height; ++row) {
    for (int column = 0; column < out.width; ++column) {
      // The 0th row is at the top or bottom of 1 to 4 and at the left or right of 5 to 8.
      const int along_rows = far_rows ? out.height - 1 - row : row;
      const int along_columns = far_columns ? out.width - 1 - column : column;
      const uint8_t* pixel = turned ? upright.at(along_rows, along_columns) : upright.at(along_columns, along_rows);
      std::copy_n(pixel, upright.channels, out.at(column, row));
    }
  }
  return out;
}

}  // namespace microtome
