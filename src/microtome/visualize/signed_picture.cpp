// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/signed_picture.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace microtome {

at::Tensor signed_picture(const at::Tensor& values_chw, double saturated) {
  const at::Tensor sizes = values_chw.abs();
  at::Tensor seen = std::get<0>(sizes.masked_select(sizes > 0).sort());
  if (seen.numel() == 0) return at::full_like(values_chw, 0.5);
  const auto last = static_cast<double>(seen.numel() - 1);
  const auto rank = static_cast<int64_t>(std::ceil((1 - saturated) * last));
  return (values_chw / seen[rank] * 0.5 + 0.5).clamp(0, 1);
}

}  // namespace microtome
