// SPDX-License-Identifier: Apache-2.0
// What a finished picture is worth, measured on the stored 8-bit pixels, or on the stored values of what is no picture.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/visualize/ascent.h"

namespace microtome {

// Fills what Picture says of pictures that were made together, all but diversity: activation is the target unit's
// maximum over positions (of the negated unit for a negative sign), score the objective. Held out: means over 16 draws
// of the transforms from Rng(seed, "held-out", key, i), of the picture as it is without transforms. `whole` is tapped
// at the target's layer, all units of it; unused without a target.
void measure(std::span<Picture> pictures, const Ascent& ascent, const Executor* whole);

// Fills diversity of pictures of one target, at least two, from the target's layer.
void measure_diversity(std::span<Picture> pictures, const Executor& whole, const Preprocessing& preprocessing,
                       int64_t height, int64_t width);

}  // namespace microtome
