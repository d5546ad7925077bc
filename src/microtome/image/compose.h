// SPDX-License-Identifier: Apache-2.0
// Pictures made of pictures: contact sheets, and activation maps drawn over images.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "microtome/image/image.h"

namespace microtome {

// Tiles of one size (each is resized to tile_px square when it differs) in `columns`, with `gap_px` of `background`
// grey between and around them.
Image contact_sheet(std::span<const Image> tiles, int columns, int tile_px, int gap_px = 4, uint8_t background = 255);

// Below, `level` is a unit's activation at each pixel of the image, row-major: whoever decided by which convention maps
// become pixels has made it (dissect/upsampling.h). On means strictly above the threshold. Another number of levels
// than pixels throws Error(kUsage).

// The image where the unit is on, darkened to 0.2 elsewhere (NetDissect's strips), with a 1-px outline of the mask.
Image draw_mask(const Image& image, std::span<const float> level, float threshold);

// The image untouched but for the rim of the same mask: the outermost pixels that are on in yellow, the pixels beside
// them that are off darkened.
Image draw_outline(const Image& image, std::span<const float> level, float threshold);

// The levels as a translucent heat map over the image, low ones leave it untouched; range [low, high] is clipped.
Image draw_heat(const Image& image, std::span<const float> level, float low, float high);

// Signed values, one a pixel, over the image in grey: red where they are positive, blue where they are negative, the
// stronger the further from zero; at `scale` (above 0) and beyond in full colour.
Image draw_signed(const Image& image, std::span<const float> values, float scale);

// A colour for each number, different for neighbouring numbers; 0 is black.
std::array<uint8_t, 3> label_colour(int label);

// Labels over a picture: each in its colour at 45 %, with its outline in full. The map is scaled by nearest pixels.
Image draw_labels(const Image& image, const LabelMap& labels);

}  // namespace microtome
