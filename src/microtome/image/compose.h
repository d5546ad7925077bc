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

// The image where the unit is on, darkened to 0.2 elsewhere (NetDissect's strips), with a 1-px outline of the mask. The
// map (height x width, row-major) is upsampled bilinearly with half-pixel centres, edges clamped; on means > threshold.
Image draw_mask(const Image& image, std::span<const float> map, int map_width, int map_height, float threshold);

// The image untouched but for the rim of the same mask: the outermost pixels that are on in yellow, the pixels beside
// them that are off darkened.
Image draw_outline(const Image& image, std::span<const float> map, int map_width, int map_height, float threshold);

// A colour for each number, different for neighbouring numbers; 0 is black.
std::array<uint8_t, 3> label_colour(int label);

// Labels over a picture: each in its colour at 45 %, with its outline in full. The map is scaled by nearest pixels.
Image draw_labels(const Image& image, const LabelMap& labels);

// The map as a translucent heat map over the image, low values leave it untouched; range [low, high] is clipped.
Image draw_heat(const Image& image, std::span<const float> map, int map_width, int map_height, float low, float high);

}  // namespace microtome
