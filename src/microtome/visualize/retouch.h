// SPDX-License-Identifier: Apache-2.0
// What befalls a window after it was cut from the picture: blur, then a map of its colours, then noise.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/visualize/resample.h"

namespace microtome {

// rgb -> matrix rgb + offset, rows first. Of a picture of one channel, grey = red = green = blue, red is taken.
struct ColourMap {
  std::array<double, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};
  std::array<double, 3> offset{0, 0, 0};

  void then(const ColourMap& next);  // this one first, `next` afterwards
  bool operator==(const ColourMap&) const = default;
};

// Added to each value on its own: normal of deviation `sd` plus uniform in [-uniform, uniform]. A function of the key
// and the value's place in the window.
struct Noise {
  double sd = 0, uniform = 0;
  uint64_t key = 0;
};

struct Retouch {
  double blur_variance = 0;  // of the Gaussian, in pixels^2 of the picture's size, whatever the window's; variances add
  ColourMap colour;
  std::vector<Noise> noise;

  bool plain() const { return !(blur_variance > 0) && colour == ColourMap{} && noise.empty(); }
};

// resample(), then for each window its retouch: [M,C,rows,columns] of pictures [N,C,H,W], one retouch for each
// placement. The Gaussian is cut at 3 deviations and sums to 1; what lies beyond the whole window repeats its edge. A
// part equals that part of the whole window. Values may leave 0..1. Differentiable: the gradient is the exact
// transpose. Deterministic; runs in the calling thread. Throws Error(kUnsupported) for a colour map of other than 1 or
// 3 channels.
at::Tensor resample_and_retouch(const at::Tensor& picture, std::span<const Placement> placements,
                                std::span<const Retouch> retouches, const Aperture& part);

}  // namespace microtome
