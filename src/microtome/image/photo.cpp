// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/photo.h"

#include <algorithm>

namespace microtome {

Image turned_upright(const Image& stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const bool swapped = orientation >= 5;
  const bool right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image out(swapped ? stored.height : stored.width, swapped ? stored.width : stored.height, stored.channels);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int column = swapped ? y : x, row = swapped ? x : y;
      const uint8_t* from =
          stored.at(right ? stored.width - 1 - column : column, below ? stored.height - 1 - row : row);
      std::copy_n(from, stored.channels, out.at(x, y));
    }
  }
  return out;
}

}  // namespace microtome
