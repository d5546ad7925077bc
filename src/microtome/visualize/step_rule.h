// SPDX-License-Identifier: Apache-2.0
// How an ascent moves parameters along their gradients.
#pragma once
#include <ATen/core/Tensor.h>

#include <span>

namespace microtome {

class StepRule {
 public:
  virtual ~StepRule() = default;
  // Moves float32 parameters in place; deterministic. The lists have one shape at every call. Throws Error(kCorrupt)
  // when a gradient is NaN or infinite, parameters untouched.
  virtual void ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) = 0;
};

// lr in the direction of each gradient's sign: the steepest ascent within a box (Goodfellow, Shlens and Szegedy 2015).
class SignStep final : public StepRule {
 public:
  explicit SignStep(double lr) : lr_(lr) {}
  void ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) override;

 private:
  double lr_;
};

// lr along the gradient of each picture (axis 0), whatever its length: the steepest ascent within a sphere. A gradient
// of zero moves nothing.
class UnitStep final : public StepRule {
 public:
  explicit UnitStep(double lr) : lr_(lr) {}
  void ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) override;

 private:
  double lr_;
};

}  // namespace microtome
