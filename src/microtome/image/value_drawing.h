// SPDX-License-Identifier: Apache-2.0
// Drawings of values in 0..1 that are no picture: what a network takes that takes none.
#pragma once
#include <span>

#include "microtome/image/image.h"

namespace microtome {

// values [channels][height][width] as grey maps side by side, row by row, black 0 and white 1, 2 px apart on blue.
Image draw_maps(std::span<const float> values, int channels, int height, int width);

// values [channels][length], 1 at the upper edge, 0 at the lower one. Up to six channels are lines of a colour each
// (blue, red, green, orange, violet, black) over a thin line at 0.5; more are strips of grey, the first at the top.
Image draw_lines(std::span<const float> values, int channels, int length);

// A bar for each value from 0.5 to it: blue upwards, red downwards.
Image draw_bars(std::span<const float> values);

}  // namespace microtome
