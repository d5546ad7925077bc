// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/step_rule.h"

#include <ATen/ATen.h>

#include "microtome/base/error.h"

namespace microtome {
namespace {

void check_finite(std::span<const at::Tensor> gradients) {
  for (const at::Tensor& gradient : gradients) {
    if (gradient.isfinite().all().item<bool>()) continue;
    throw Error(ErrorKind::kCorrupt, "ascent", "the gradient is not finite",
                "the network overflows on this picture: check `preprocess`, or lower the lr");
  }
}

}  // namespace

void SignStep::ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) {
  check_finite(gradients);
  const at::NoGradGuard no_gradients;
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i].add_(gradients[i].sign(), lr_);
}

void UnitStep::ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) {
  check_finite(gradients);
  const at::NoGradGuard no_gradients;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor rows = gradients[i].reshape({gradients[i].size(0), -1}).to(at::kDouble);
    const at::Tensor length = rows.norm(2, {1}, true);
    const at::Tensor unit = at::where(length > 0, rows / length, at::zeros_like(rows));
    parameters[i].add_(unit.to(at::kFloat).view(gradients[i].sizes()), lr_);
  }
}

}  // namespace microtome
