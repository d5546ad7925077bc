// SPDX-License-Identifier: Apache-2.0
// Kernel, stride, dilation and padding of convolutions and poolings, with ONNX's rules.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "microtome/network/ops/operator.h"

namespace microtome {

// One entry a spatial axis.
struct Spatial {
  std::vector<int64_t> kernel, stride, dilation, before, after;  // before, after: padding

  bool symmetric() const { return before == after; }
  int64_t extent(size_t axis) const { return (kernel[axis] - 1) * dilation[axis] + 1; }
};

// `kernel`: of the weights, or empty to take kernel_shape. `input`: [N,C,spatial...], for auto_pad. Throws
// Error(kCorrupt) on lists of the wrong length, on strides, dilations or kernels below 1 and on any above
// kLargestWindow.
Spatial spatial_attributes(const Node& node, at::IntArrayRef kernel, at::IntArrayRef input);

// How many cells the windows of one channel read together.
double window_reads(const Spatial& s, at::IntArrayRef input);
// Throws Error(kCorrupt) unless the kernel fits into the padded input.
void check_extent(const Spatial& s, at::IntArrayRef input);

// Pads the spatial axes of [N,C,spatial...] with a value; negative amounts crop.
at::Tensor pad_spatial(const at::Tensor& x, const std::vector<int64_t>& before, const std::vector<int64_t>& after,
                       double value);

// The window of such an operator over pictures.
Window window_of(const Spatial& s);
// The same for a node; `kernel` as above. Values without two spatial axes see everything.
Window spatial_window(const NodeFacts& facts, at::IntArrayRef kernel);

}  // namespace microtome
