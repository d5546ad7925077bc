// SPDX-License-Identifier: Apache-2.0
// What a dream raises, given by its gradient at the layer. One file in dream/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// At activations [1,C,...]: the gradient there, and the objective that it raises, as a sum and the number of terms
// (positions, or positions and units) that it is over. The gradient is that of the sum up to a constant factor.
struct DreamSlope {
  at::Tensor gradient;
  double sum = 0;
  int64_t terms = 0;
};
using DreamObjective = std::function<DreamSlope(const at::Tensor& activations)>;

struct DreamObjectiveKind {
  std::string_view name;
  std::string_view summary;
  DreamSlope (*slope)(const at::Tensor& activations);
};

// Of a kind, over the given units alone, over all when `units` is empty. Throws Error(kUsage) on another name.
DreamObjective dream_objective(const std::string& name, const std::vector<int64_t>& units);

// At each position the guide's feature vector with the largest inner product (the first on ties); the objective is the
// sum of these products. `features` [1,C,...] are the layer's activations on the guide image.
DreamObjective guided_objective(const at::Tensor& features);

namespace dream_objectives {
std::span<const DreamObjectiveKind* const> kinds();
}  // namespace dream_objectives

}  // namespace microtome
