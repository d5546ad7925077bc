// SPDX-License-Identifier: Apache-2.0
// From activation maps to masks on a finer (or coarser) grid, in the ways of the published systems.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// A pixel's value: lerp down the two columns of cells, then across, where lerp(a, b, t) = a + t * (b - a) in float32
// without fused multiply-add, clamped to [min(a, b), max(a, b)]. So a value never leaves the range of its four cells,
// and a plateau stays one.
//
// How pixels fall between the cells of a map (docs/numerics.md). All interpolate between neighbouring
// cells; they differ in where the cells' centres lie and in what is beyond the outer ones.
enum class Upsampling {
  kHalfPixel,  // pixel p at (p + 0.5) * cells / pixels - 0.5, edges clamped: torch with align_corners=False
  kPillow,     // the same when enlarging; a map larger than the grid is averaged with Pillow's triangle filter
  kField,      // cells at the centres of their receptive fields, edges clamped: NetDissect
  kQuick,      // a grid made for align_corners=True and used with False, edges clamped: quick-netdissect today
  kZero,       // half-pixel centres, zeros beyond the map: dissect
};

// "half_pixel", "pillow", "field", "quick", "zero".
std::string_view upsampling_text(Upsampling way);
// Throws Error(kCorrupt) naming `where` on another text.
Upsampling upsampling_from_text(std::string_view text, const std::string& where);

// One axis of a layer's receptive field, in input pixels; `input`: the network's own side. step 0: unknown.
struct FieldAxis {
  int64_t start = 0, size = 1, step = 0, input = 0;
  bool operator==(const FieldAxis&) const = default;
};

// Where the pixels of one axis fall: pixel p lies between cell[p] and the next one, `weight[p]` of the way.
struct Axis {
  std::vector<int> cell;
  std::vector<float> weight;
  std::vector<int> first;  // [cells + 1]: pixels first[c] .. first[c + 1] - 1 have cell c
};
// For kZero of the map with a ring of zero cells around it; for kPillow where cells <= pixels. Throws
// Error(kUnsupported) when kField's centres fall together, i.e. the map is finer than the grid.
Axis make_axis(Upsampling way, int cells, int pixels, const FieldAxis& field = {});

// NetDissect's centres on a grid of so many pixels: where the first cell's centre lies and how far the next one is.
struct Centres {
  int64_t first = 0, distance = 1;
};
// Of kField. Throws as make_axis().
Centres field_centres(int cells, int pixels, const FieldAxis& field);

// Pixels that are on: [begin, end) of a grid row.
struct MaskSpan {
  int y = 0, begin = 0, end = 0;
};

// The cells [x0, x1] x [y0, y1] of a map, ends included.
struct CellBox {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// From maps of one size to one grid.
class Upsampler {
 public:
  Upsampler(Upsampling way, int width, int height, int grid_width, int grid_height, const FieldAxis& across = {},
            const FieldAxis& down = {});

  // Cells of zeros that maps must have around them; width() and height() include them.
  int ring() const { return ring_; }
  int width() const { return width_ + 2 * ring_; }
  int height() const { return height_ + 2 * ring_; }

  // Appends the mask of a map as spans, rows rising, spans of a row rising and apart. No cell outside the box is above
  // the threshold. Only pixels that a cell of the box reaches are looked at, and where it interpolates only where a
  // span ends, for between two cells the value is monotone. `column` is memory that the caller lends.
  void spans(const float* map, const CellBox& box, float threshold, std::vector<float>& column,
             std::vector<MaskSpan>& out) const;
  // Appends the values above `bound` of the same pixels.
  void values(const float* map, const CellBox& box, float bound, std::vector<float>& column,
              std::vector<float>& out) const;

  // How far from a cell above the threshold values must be kept so that every pixel it reaches is exact.
  static int reach(Upsampling way, int width, int height, int grid_width, int grid_height);

 private:
  // Pixel p averages the cells first[p] .. first[p] + count - 1 with the weights behind them (Pillow's triangle
  // filter).
  struct Average {
    std::vector<int> first;
    std::vector<std::vector<double>> weights;
  };
  static Average make_average(int cells, int pixels);
  template <class Row>
  void each_row(const float* map, const CellBox& box, float bound, std::vector<float>& column, Row&& row) const;
  template <class Row>
  void each_averaged_row(const float* map, const CellBox& box, std::vector<float>& column, Row&& row) const;

  int width_, height_, ring_ = 0, grid_width_;
  bool averages_ = false;
  Axis across_, down_;
  Average average_across_, average_down_;
};

// Makes of a map the places where it is at a level: 1 there, 0 elsewhere. Upsampled, a pixel is above kBelowOne where
// all cells that it lies between are at the level.
inline constexpr float kBelowOne = 0x1.fffffep-1F;
void keep_level(std::span<float> map, float level);

// For drawing: the whole map (height x width, row-major, without a ring) on the grid, as masks see it. Row-major; a
// pixel of the mask is on where it is strictly above the threshold. Throws Error(kUsage) unless the sizes are positive
// and map.size() is width * height; Error(kUnsupported) as make_axis() does.
std::vector<float> upsampled_map(std::span<const float> map, int width, int height, int grid_width, int grid_height,
                                 Upsampling way = Upsampling::kHalfPixel, const FieldAxis& across = {},
                                 const FieldAxis& down = {});

}  // namespace microtome
