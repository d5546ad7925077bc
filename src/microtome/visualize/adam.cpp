// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/adam.h"

#include <array>
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
    const int64_t n = gradient.numel();
    std::array<double, 4> lanes{};  // four sums side by side, so that none waits for the one before
    for (int64_t i = 0; i < n; ++i) lanes[i & 3] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
    sum += lanes[0] + lanes[1] + lanes[2] + lanes[3];
    count += n;
  }
  return std::sqrt(sum / static_cast<double>(count));
}

struct Rates {
  double scale;      // of the gradient
  float step, root;  // with the corrections for the first steps
};

// The lists do not overlap: the loop runs in vectors.
void move(float* __restrict p, float* __restrict m, float* __restrict v, const float* __restrict g, int64_t n,
          const Rates& rates) {
  constexpr auto kRise1 = static_cast<float>(1 - kBeta1), kRise2 = static_cast<float>(1 - kBeta2);
  const float step = rates.step, root = rates.root;
  const double scale = rates.scale;
  for (int64_t i = 0; i < n; ++i) {
    const auto scaled = static_cast<float>(g[i] * scale);
    m[i] += kRise1 * (scaled - m[i]);
    v[i] += kRise2 * (scaled * scaled - v[i]);
    p[i] += step * m[i] / (std::sqrt(v[i]) * root + static_cast<float>(kEpsilon));
  }
}

}  // namespace

void Adam::ascend(std::span<at::Tensor> parameters, std::span<const at::Tensor> gradients) {
  std::vector<at::Tensor> dense;
  for (const at::Tensor& gradient : gradients) dense.push_back(gradient.contiguous());
  const double rms = root_mean_square(dense);
  if (!std::isfinite(rms)) {
    throw Error(ErrorKind::kCorrupt, "ascent", "the gradient is not finite",
                "the network overflows on this picture: check `preprocess`, or lower the lr");
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
  const Rates rates{scale_, static_cast<float>(lr_ / (1 - std::pow(kBeta1, t))),
                    static_cast<float>(1 / std::sqrt(1 - std::pow(kBeta2, t)))};
  for (size_t k = 0; k < dense.size(); ++k) {
    move(parameters[k].data_ptr<float>(), mean_[k].data(), square_[k].data(), dense[k].data_ptr<float>(),
         dense[k].numel(), rates);
  }
}

}  // namespace microtome
