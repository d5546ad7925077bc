// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/parametrization.h"

#include <ATen/ATen.h>

#include "microtome/base/rng.h"
#include "microtome/visualize/adam.h"

namespace microtome {

std::unique_ptr<Parametrization> parse_parametrization(std::string_view text, const Canvas& canvas) {
  CallReader reader(text, "parametrization");
  const Call call = reader.call();
  if (!reader.at_end()) reader.fail("expected the end");
  return find_kind(parametrizations::kinds(), call, "parametrization").make(call, canvas);
}

std::unique_ptr<StepRule> Parametrization::step_rule(double lr) const { return std::make_unique<Adam>(lr); }

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
