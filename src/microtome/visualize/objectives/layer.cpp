// SPDX-License-Identifier: Apache-2.0
// The mean square of all activations of a layer: what it sees most of is shown more (Mordvintsev's deep dream).
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

at::Tensor layer_formula(const LayerSettings& s, const View& view) { return view.layer(s.layer).square().mean(); }

Objective make_layer(const Call& call, const ObjectiveContext& context) {
  return of_layer(call, read_layer_settings<LayerSettings>(call, context), layer_formula);
}

}  // namespace

extern const ObjectiveKind layer;
const ObjectiveKind layer = {"layer", "Everything in a layer: the mean square of its activations (deep dream)",
                             default_fields<LayerSettings>, make_layer, "layer"};

}  // namespace microtome::objectives
