// SPDX-License-Identifier: Apache-2.0
// What a finished picture is worth, measured on the stored 8-bit pixels, or on the stored values of what is no picture.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/visualize/ascent.h"

namespace microtome {

// Fills what Picture says of pictures that were made together: activation is the target unit's maximum over positions
// (of the negated unit for a negative sign), score the objective. Held out: means over 16 draws of the transforms from
// Rng(seed, "held-out", key, i), of the picture as it is without transforms. `trunk` has the target's layer.
void measure_quality(std::span<Picture> pictures, const Ascent& ascent, const Trunk& trunk);

// Diversity of pictures at a layer of the trunk, for an input of these channels, height and width.
double measure_diversity(std::span<const Image> pictures, const Trunk& trunk, const std::string& layer,
                         const Preprocessing& preprocessing, const Canvas& input);

}  // namespace microtome
