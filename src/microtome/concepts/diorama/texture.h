// SPDX-License-Identifier: Apache-2.0
// The patterns of surfaces, as periodic coverage masks.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/concepts/diorama/vocabulary.h"

namespace microtome::diorama {

inline constexpr int kTilePeriod = 32;  // Units after which every pattern repeats, both ways.

// Coverage of the pattern's marks, size_px x size_px, 0..255, one period. Made once per thread and size; the reference
// stays valid until the thread ends.
const std::vector<uint8_t>& texture_tile(Texture texture, int size_px);

}  // namespace microtome::diorama
