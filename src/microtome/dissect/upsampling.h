// SPDX-License-Identifier: Apache-2.0
// From activation maps to masks on a finer (or coarser) grid: half-pixel bilinear with clamped edges.
#pragma once
#include <cstdint>
#include <vector>

namespace microtome {

// Where the pixels of one axis fall between the cells of a map: pixel p has its centre at (p + 0.5) * cells / pixels -
// 0.5 in cell centres, clamped to [0, cells - 1]; it lies between cell[p] and the next one, `weight[p]` of the way.
// This is what Pillow and torch (align_corners=False) do when enlarging; when the map is larger than the grid it is
// still sampled at the pixel's centre, without averaging.
struct Axis {
  std::vector<int> cell;
  std::vector<float> weight;
  std::vector<int> first;  // [cells + 1]: pixels first[c] .. first[c + 1] - 1 have cell c
};
Axis half_pixel_axis(int cells, int pixels);

// A pixel's value: lerp down the two columns of cells, then across, where lerp(a, b, t) = a + t * (b - a) in float32
// without fused multiply-add, clamped to [min(a, b), max(a, b)]. So a value never leaves the range of its four cells,
// and a plateau stays one.
std::vector<float> upsampled_map(const float* map, int width, int height, int grid_width, int grid_height);

// 1 where the upsampled map is strictly above the threshold. Row-major.
std::vector<uint8_t> upsampled_mask(const float* map, int width, int height, float threshold, int grid_width,
                                    int grid_height);

// Pixels that are on: [begin, end) of a grid row.
struct MaskSpan {
  int y = 0, begin = 0, end = 0;
};

// The cells [x0, x1] x [y0, y1] of a map, ends included. All cells outside are at or below the threshold.
struct CellBox {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// The mask of a map as spans, rows rising, spans of a row rising and apart; equal to upsampled_mask(). Touches only the
// columns and rows around cells above the threshold, and evaluates pixels only where a span ends, for between two cells
// the value is monotone. `column` is memory that the caller lends.
void mask_spans(const float* map, int width, const CellBox& box, float threshold, const Axis& across, const Axis& down,
                std::vector<float>& column, std::vector<MaskSpan>& spans);

}  // namespace microtome
