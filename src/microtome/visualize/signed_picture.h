// SPDX-License-Identifier: Apache-2.0
// Signed values as a picture.
#pragma once
#include <ATen/core/Tensor.h>

namespace microtome {

// [C,H,W] as [C,H,W] in 0..1: grey is zero, pixel = 0.5 + 0.5 v / s clipped to 0..1, with one s for all channels: the
// (1 - saturated) quantile of |v| over all v that are not zero (0: their maximum). All zeros give grey.
at::Tensor signed_picture(const at::Tensor& values_chw, double saturated);

}  // namespace microtome
