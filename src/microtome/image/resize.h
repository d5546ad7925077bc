// SPDX-License-Identifier: Apache-2.0
// Scaling and cropping of pictures.
#pragma once
#include "microtome/image/image.h"

namespace microtome {

// Bilinear with half-pixel centres; when shrinking, the triangle filter widens with the scale (antialiased, as Pillow's
// BILINEAR and torchvision's antialias=True), edges renormalized; the result is rounded to 8 bits after each axis
// (horizontal first). Sizes >= 1.
Image resize_bilinear(const Image& image, int width, int height);
// Each target pixel is its nearest source pixel: x = floor((i + 0.5) * source / target).
Image resize_nearest(const Image& image, int width, int height);
// Scales so that the short side is `short_side` and the long one keeps the aspect (rounded down, as torchvision).
Image resize_short_side(const Image& image, int short_side);
// The part whose upper left pixel is (x, y); throws Error(kUsage) when it is empty or not inside.
Image crop(const Image& image, int x, int y, int width, int height);
// The centre side x side pixels (offset round((w - side) / 2), as torchvision); a smaller picture throws Error(kUsage).
Image crop_center(const Image& image, int side);

}  // namespace microtome
