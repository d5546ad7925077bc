// SPDX-License-Identifier: Apache-2.0
// Everything that is read of a picture's bytes.
#pragma once
#include "answered.h"
#include "microtome/image/codec.h"
#include "microtome/image/photo.h"
#include "microtome/image/picture_header.h"

namespace microtome::fuzz {

inline int read_picture(std::string_view bytes) {
  // A picture of a hundred megapixels is honest work, which only takes long.
  const PictureHeader header = read_picture_header(bytes);
  if (int64_t{header.width} * header.height > 1 << 20) return 0;
  media_type(bytes);
  answered([&] { decode_photo(bytes, "x"); });
  answered([&] { decode_label_png(bytes, "x"); });
  return answered([&] { decode_index_png(bytes, "x"); });
}

}  // namespace microtome::fuzz
