// SPDX-License-Identifier: Apache-2.0
// One affine resampling of a picture, with its exact adjoint: what all transforms of a step come down to.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

namespace microtome {

// Where the window that a network sees lies on the picture. Both have their origin at their centre, x to the right, y
// down, in pixels of the picture: picture = [xx xy; yx yy] window + (x, y).
struct Placement {
  double xx = 1, xy = 0, yx = 0, yy = 1;
  double x = 0, y = 0;
  std::optional<double> outside;  // grey level beyond the picture's edge; none: the edge's pixels repeat

  // Each acts on what the window shows, after what was done before: the content moves by (dx, dy), grows by `factor`,
  // turns by `radians` (clockwise, as y points down).
  void shift(double dx, double dy);
  void scale(double factor);
  void rotate(double radians);
  void mirror();  // left and right change places
};

// What the network sees: height x width pixels that span as much of the picture's plane as the picture, of which the
// part of rows x columns at (left, top) is computed; 0: all of them.
struct Aperture {
  int64_t height = 0, width = 0;
  int64_t top = 0, left = 0, rows = 0, columns = 0;
  int64_t computed_rows() const { return rows > 0 ? rows : height; }
  int64_t computed_columns() const { return columns > 0 ? columns : width; }
};

// The windows [M,C,rows,columns] of pictures [N,C,H,W], float32 or float64, on the CPU: bilinear between pixel centres,
// without antialiasing. Placement i is of picture i / (M / N); M, their number, is a multiple of N. An unmoved window
// of the picture's size is the picture, bit for bit, and of another size the picture resized. Differentiable: the
// gradient is the exact transpose. Deterministic; runs in the calling thread.
at::Tensor resample(const at::Tensor& picture, std::span<const Placement> placements, const Aperture& window);

}  // namespace microtome
