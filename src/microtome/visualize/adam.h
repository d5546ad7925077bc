// SPDX-License-Identifier: Apache-2.0
// The step rule of ascents that nothing holds.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "microtome/visualize/step_rule.h"

namespace microtome {

// Adam (Kingma and Ba, 2015; beta 0.9 and 0.999, epsilon 1e-8), upwards. All gradients are first divided by the root
// mean square of the first one that is not zero, so that the steps do not depend on the objective's scale: epsilon,
// meant to be small beside any gradient, would otherwise stall units whose activations are tiny. Gradients that are
// zero throughout before that one change nothing and are not counted.
class Adam final : public StepRule {
 public:
  explicit Adam(double lr) : lr_(lr) {}
  // Elementwise and in order.
  void ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) override;

 private:
  double lr_;
  double scale_ = 0;  // 1 / root mean square of the first gradient; 0 = none yet
  int64_t step_ = 0;
  std::vector<std::vector<float>> mean_, square_;
};

}  // namespace microtome
