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

std::unique_ptr<Parametrization> parse_parametrization(std::string_view text, int64_t channels, int64_t side) {
  CallReader reader(text, "parametrization");
  const Call call = reader.call();
  if (!reader.at_end()) reader.fail("expected the end");
  return find_kind(parametrizations::kinds(), call, "parametrization").make(call, channels, side);
}

at::Tensor to_colour(const at::Tensor& decorrelated) {
  const int64_t channels = decorrelated.size(0), height = decorrelated.size(1), width = decorrelated.size(2);
  at::Tensor flat = decorrelated.reshape({channels, height * width});
  if (channels == 3) flat = at::mm(colour_matrix(flat.scalar_type()), flat);
  return at::sigmoid(flat).view({1, channels, height, width});
}

at::Tensor normal_leaf(at::IntArrayRef shape, double deviation, uint64_t seed, std::string_view purpose, uint64_t key) {
  at::Tensor out = at::empty(shape, at::kFloat);
  Rng rng(seed, purpose, key);
  float* values = out.data_ptr<float>();
  for (int64_t i = 0; i < out.numel(); ++i) values[i] = static_cast<float>(deviation * rng.normal());
  return out.requires_grad_();
}

}  // namespace microtome
