// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/parametrization.h"

#include <torch/types.h>

#include <array>

#include "microtome/base/rng.h"

namespace microtome {
namespace {

// Square root of the covariance of RGB values in natural pictures (report 2.1), columns: brightness and two
// oppositions.
constexpr std::array<double, 9> kColourRoot = {0.26, 0.09, 0.02, 0.27, 0.00, -0.05, 0.27, -0.09, 0.03};

at::Tensor colour_matrix(at::ScalarType type) {
  const at::Tensor root = torch::tensor(at::ArrayRef<double>(kColourRoot), at::kDouble).view({3, 3});
  return (root / root.norm(2, 0).max()).to(type);
}

}  // namespace

std::unique_ptr<Parametrization> parse_parametrization(std::string_view text, const Canvas& canvas) {
  CallReader reader(text, "parametrization");
  const Call call = reader.call();
  if (!reader.at_end()) reader.fail("expected the end");
  return find_kind(parametrizations::kinds(), call, "parametrization").make(call, canvas);
}

at::Tensor to_colour(const at::Tensor& decorrelated) {
  const int64_t count = decorrelated.size(0), channels = decorrelated.size(1);
  if (channels != 3) return at::sigmoid(decorrelated);
  const at::Tensor matrix = colour_matrix(decorrelated.scalar_type()).expand({count, 3, 3});
  return at::sigmoid(at::bmm(matrix, decorrelated.flatten(2))).view(decorrelated.sizes());
}

at::Tensor normal_leaf(at::IntArrayRef shape, double deviation, uint64_t seed, std::string_view purpose,
                       std::span<const uint64_t> keys) {
  std::vector<int64_t> sizes = {static_cast<int64_t>(keys.size())};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  at::Tensor out = at::empty(sizes, at::kFloat);
  float* value = out.data_ptr<float>();
  for (const uint64_t key : keys) {
    Rng rng(seed, purpose, key);
    for (const float* end = value + out.stride(0); value < end; ++value) {
      *value = static_cast<float>(deviation * rng.normal());
    }
  }
  return out.requires_grad_();
}

}  // namespace microtome
