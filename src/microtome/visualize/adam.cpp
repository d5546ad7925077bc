// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/adam.h"

#include <cmath>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

// In double: a gradient may be so small that its squares vanish in float.
double root_mean_square(std::span<const at::Tensor> gradients) {
  double sum = 0;
  int64_t count = 0;
  for (const at::Tensor& gradient : gradients) {
    const float* g = gradient.data_ptr<float>();
    for (int64_t i = 0; i < gradient.numel(); ++i) sum += static_cast<double>(g[i]) * static_cast<double>(g[i]);
    count += gradient.numel();
  }
  return std::sqrt(sum / static_cast<double>(count));
}

}  // namespace

void Adam::ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) {
  std::vector<at::Tensor> dense;
  for (const at::Tensor& gradient : gradients) dense.push_back(gradient.contiguous());
  const double rms = root_mean_square(dense);
  if (!std::isfinite(rms)) {
    throw Error(ErrorKind::kCorrupt, "ascent", "the gradient is not finite",
                "the network overflows on this picture: check --preprocess, or lower the lr");
  }
  if (scale_ == 0) {
    if (rms == 0) return;
    scale_ = 1 / rms;
    for (const at::Tensor& p : parameters) {
      mean_.emplace_back(static_cast<size_t>(p.numel()), 0.f);
      square_.emplace_back(static_cast<size_t>(p.numel()), 0.f);
    }
  }
  ++step_;
  const double t = static_cast<double>(step_);
  const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(kBeta2, t)));
  const auto rate = static_cast<float>(lr_ / (1 - std::pow(kBeta1, t)));
  const auto beta1 = static_cast<float>(kBeta1), beta2 = static_cast<float>(kBeta2);
  for (size_t k = 0; k < dense.size(); ++k) {
    float* p = parameters[k].data_ptr<float>();
    float* m = mean_[k].data();
    float* v = square_[k].data();
    const float* g = dense[k].data_ptr<float>();
    for (int64_t i = 0; i < dense[k].numel(); ++i) {
      const auto scaled = static_cast<float>(g[i] * scale_);
      m[i] += (1 - beta1) * (scaled - m[i]);
      v[i] += (1 - beta2) * (scaled * scaled - v[i]);
      p[i] += rate * m[i] / (std::sqrt(v[i]) * root + static_cast<float>(kEpsilon));
    }
  }
}

}  // namespace microtome
