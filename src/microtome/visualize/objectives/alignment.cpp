// SPDX-License-Identifier: Apache-2.0
// Keeps neighbours among the pictures made together alike at a layer (Lucid's "alignment"), to be added:
// -sum over d = 1..4 and n of mean((A_n - A_(n+d))^2) / decay^d.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

constexpr int64_t kAlignmentReach = 4;

struct AlignmentSettings : LayerSettings {
  double decay = 2;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    LayerSettings::fields(s, field);
    field({.name = "decay",
           .help = "How much less the distance counts for each picture further away",
           .min = 1,
           .max = 1000},
          s.decay);
  }
};

at::Tensor alignment_formula(const AlignmentSettings& s, const View& view) {
  const at::Tensor& tap = view.layer(s.layer);
  const int64_t pictures = require_pictures(tap, "alignment");
  const double cells = static_cast<double>(tap.numel() / pictures);
  at::Tensor total = at::zeros({}, tap.options());
  for (int64_t d = 1; d <= std::min(kAlignmentReach, pictures - 1); ++d) {
    const at::Tensor differences = tap.narrow(0, 0, pictures - d) - tap.narrow(0, d, pictures - d);
    total = total - differences.square().sum() / (cells * std::pow(s.decay, static_cast<double>(d)));
  }
  return total;
}

Objective make_alignment(const Call& call, const ObjectiveContext& context) {
  Objective objective = of_layer(call, read_layer_settings<AlignmentSettings>(call, context), alignment_formula);
  objective.reads.together = 2;
  objective.regularizes = true;
  return objective;
}

}  // namespace

extern const ObjectiveKind alignment;
const ObjectiveKind alignment = {
    "alignment", "Likeness of neighbours among the pictures made together: minus their squared distances",
    default_fields<AlignmentSettings>, make_alignment, "layer"};

}  // namespace microtome::objectives
