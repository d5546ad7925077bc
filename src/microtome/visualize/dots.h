// SPDX-License-Identifier: Apache-2.0
// Start pictures for units that no noise wakes.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "microtome/visualize/parametrization.h"

namespace microtome {

inline constexpr int kDottedStarts = 32;  // that are tried

// One of kDottedStarts pictures [N,C,H,W] in 0..1 for each key, a function of (seed, key, which): sparse squares of 1,
// 2, 4 or 8 pixels, each of a colour of full contrast, on black, white, grey or a colour. What a rectifier needs may be
// a single place that stands out from a ground that is silent, which noise, alike everywhere, does not have.
at::Tensor dotted_pictures(const Canvas& canvas, uint64_t seed, std::span<const uint64_t> keys, int which);

}  // namespace microtome
