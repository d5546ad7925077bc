// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/smooth.h"

#include <ATen/ATen.h>

namespace microtome {

at::Tensor smoothed(const at::Tensor& picture, int64_t side) {
  const at::Tensor kernel = at::full({1, 1, side, side}, 0.5, picture.options().requires_grad(false));
  kernel.narrow(2, 1, side - 2).narrow(3, 1, side - 2).fill_(1);
  const auto spread = [&](const at::Tensor& planes) { return at::conv2d(planes, kernel, {}, 1, side / 2); };
  const at::Tensor planes = picture.reshape({-1, 1, picture.size(2), picture.size(3)});
  return (spread(planes) / spread(at::ones_like(planes[0]).unsqueeze(0))).reshape(picture.sizes());
}

}  // namespace microtome
