// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "microtome/network/basis.h"

namespace microtome {

// `count` factors H of samples [positions, channels] = W H with all three non-negative, rows of length 1, by 200
// multiplicative updates from a fixed start (Lee and Seung 2001). Throws Error(kUsage) naming the layer where a sample
// is negative.
Basis non_negative_factors(const at::Tensor& samples, int64_t count, const std::string& layer);

}  // namespace microtome
