// SPDX-License-Identifier: Apache-2.0
// For the tests of COCO's layouts: masks drawn and encoded in other ways than the readers'.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/base/rng.h"

namespace microtome::concept_formats {

// Truth by another way than the reader's: a pixel is inside when the ray from its centre upwards crosses the outline an
// odd number of times. No corner of the tests lies on a column of centres.
inline bool is_inside(const std::vector<float>& corners, double x, double y) {
  int crossings = 0;
  for (size_t i = 0; i + 1 < corners.size(); i += 2) {
    const double ax = corners[i], ay = corners[i + 1];
    const double bx = corners[(i + 2) % corners.size()], by = corners[(i + 3) % corners.size()];
    if (std::min(ax, bx) > x || std::max(ax, bx) < x) continue;
    crossings += ay + (by - ay) * (x - ax) / (bx - ax) < y;
  }
  return crossings % 2 == 1;
}

using Mask = std::vector<uint8_t>;  // Row-major.

inline Mask drawn(const std::vector<std::vector<float>>& polygons, int width, int height) {
  Mask mask;
  for (int i = 0; i < width * height; ++i) {
    bool inside = false;
    for (const auto& corners : polygons) inside = inside || is_inside(corners, i % width + 0.5, i / width + 0.5);
    mask.push_back(inside);
  }
  return mask;
}

inline Mask scattered(int width, int height, uint64_t seed) {
  Rng rng(seed, "mask");
  Mask mask(static_cast<size_t>(width) * static_cast<size_t>(height));
  bool inside = false;
  for (uint8_t& pixel : mask) pixel = inside = rng.chance(0.3) ? !inside : inside;
  return mask;
}

inline std::vector<uint32_t> runs_of(const Mask& mask, int width, int height) {
  std::vector<uint32_t> runs{0};
  for (int x = 0; x < width; ++x) {
    for (int y = 0; y < height; ++y) {
      if ((runs.size() % 2 == 0) != (mask[static_cast<size_t>(y * width + x)] != 0)) runs.push_back(0);
      ++runs.back();
    }
  }
  return runs;
}

inline std::string text_of(const std::vector<uint32_t>& runs) {
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    int64_t rest = i > 2 ? int64_t{runs[i]} - runs[i - 2] : int64_t{runs[i]};
    while (rest < -16 || rest > 15) {
      text += static_cast<char>('0' + 32 + (rest & 31));
      rest = (rest - (rest & 31)) / 32;
    }
    text += static_cast<char>('0' + (rest & 31));
  }
  return text;
}

}  // namespace microtome::concept_formats
