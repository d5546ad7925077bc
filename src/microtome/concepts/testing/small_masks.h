// SPDX-License-Identifier: Apache-2.0
// For tests: masks of 8 x 6 pixels.
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "microtome/image/codec.h"

namespace microtome::concept_formats {

inline constexpr int kWidth = 8, kHeight = 6;

// Grey PNG whose samples are the numbers.
inline std::string grey_mask(const std::vector<uint8_t>& numbers, int width, int height) {
  Image image(width, height, 1);
  image.pixels = numbers;
  return encode_png(image);
}

inline std::string filled_mask(uint8_t number, int width = kWidth, int height = kHeight) {
  return encode_png(Image(width, height, 1, number));
}

inline std::string rgb_mask(std::initializer_list<uint16_t> first) {
  LabelMap map(kWidth, kHeight);
  std::copy(first.begin(), first.end(), map.labels.begin());
  return encode_label_png(map);
}

}  // namespace microtome::concept_formats
