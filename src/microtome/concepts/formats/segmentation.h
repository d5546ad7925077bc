// SPDX-License-Identifier: Apache-2.0
// Regions of an image as COCO's json says them: polygons and run lengths.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace microtome::concept_formats {

// One bit a pixel, row-major.
struct RegionMask {
  int width = 0, height = 0;
  std::vector<uint8_t> inside;  // 0 or 1.

  RegionMask() = default;
  RegionMask(int width_px, int height_px)
      : width(width_px),
        height(height_px),
        inside(static_cast<size_t>(width_px) * static_cast<size_t>(height_px), uint8_t{0}) {}
};

// Adds the pixels whose centre (x + 0.5, y + 0.5) is inside the polygon x0, y0, x1, y1, ... by the even-odd rule; a
// centre on an edge belongs to the pixel right of or below it. Corners may lie outside the mask. pycocotools draws the
// outline on a grid five times as fine and rounds, so single pixels of the border may differ from its masks.
void add_polygon(std::span<const float> corners, RegionMask& mask);

// Adds runs of pixels in column-major order, which are outside and inside by turns, outside first. Answers false, with
// the mask unchanged, when the runs do not fill it exactly.
bool add_runs(std::span<const uint32_t> runs, RegionMask& mask);

// COCO's text form of runs: each is the difference to the run two before it (from the fourth on), five bits a
// character from '0', lowest first, bit 5 for "more follows", two's complement. Answers false on any other text.
bool decode_runs(std::string_view text, std::vector<uint32_t>& runs);

}  // namespace microtome::concept_formats
