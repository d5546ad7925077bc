// SPDX-License-Identifier: Apache-2.0
// The small blur of Lucid's penalties.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace microtome {

// [N,C,H,W] blurred channel by channel with a kernel of side x side (odd): 0.5 on its outermost ring, 1 inside. Beyond
// the picture the kernel is left out of the mean.
at::Tensor smoothed(const at::Tensor& picture, int64_t side);

}  // namespace microtome
