// SPDX-License-Identifier: Apache-2.0
// How alike the pictures made together are to a layer, to be subtracted (Lucid's "diversity"): with G_n the Gram matrix
// of picture n over its Frobenius norm, the sum over ordered pairs n != m of <G_n, G_m>, over the number of pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

constexpr double kDiversitySquareFloor = 1e-10;  // of the norm's square, where the largest activation is 1

at::Tensor diversity_formula(const LayerSettings& s, const View& view) {
  const at::Tensor& tap = view.layer(s.layer);
  const int64_t pictures = require_pictures(tap, "diversity");
  // In units of the largest activation: the floor is not to drown a layer of small ones.
  const at::Tensor largest = tap.detach().abs().amax();
  const at::Tensor flat = grams(tap / at::where(largest > 0, largest, at::ones_like(largest))).reshape({pictures, -1});
  const at::Tensor unit = flat / flat.square().sum(1, /*keepdim=*/true).clamp_min(kDiversitySquareFloor).sqrt();
  const at::Tensor cosines = unit.matmul(unit.t());
  return (cosines.sum() - cosines.trace()) / pictures;
}

Objective make_diversity(const Call& call, const ObjectiveContext& context) {
  Objective objective = of_layer(call, read_layer_settings<LayerSettings>(call, context), diversity_formula);
  objective.reads.together = 2;
  objective.regularizes = true;
  return objective;
}

}  // namespace

extern const ObjectiveKind diversity;
const ObjectiveKind diversity = {"diversity",
                                 "Likeness of the pictures made together, to be subtracted: cosines of Gram matrices",
                                 default_fields<LayerSettings>, make_diversity, "layer"};

}  // namespace microtome::objectives
