// SPDX-License-Identifier: Apache-2.0
// The sum of a^2, whose gradient is a up to a factor.
#include <ATen/ATen.h>

#include "microtome/visualize/dream_objective.h"

namespace microtome::dream_objectives {
namespace {

DreamSlope mean_square_slope(const at::Tensor& a) { return {a, a.square().sum().item<double>(), a.numel()}; }

}  // namespace

extern const DreamObjectiveKind mean_square;
const DreamObjectiveKind mean_square = {"mean-square", "More of what is there", mean_square_slope};

}  // namespace microtome::dream_objectives
