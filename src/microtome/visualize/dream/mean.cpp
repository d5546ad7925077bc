// SPDX-License-Identifier: Apache-2.0
// The sum of a, whose gradient is 1.
#include <ATen/ATen.h>

#include "microtome/visualize/dream_objective.h"

namespace microtome::dream_objectives {
namespace {

DreamSlope mean_slope(const at::Tensor& a) { return {at::ones_like(a), a.sum().item<double>(), a.numel()}; }

}  // namespace

extern const DreamObjectiveKind mean;
const DreamObjectiveKind mean = {"mean", "More of all, there or not", mean_slope};

}  // namespace microtome::dream_objectives
