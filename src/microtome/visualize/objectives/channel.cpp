// SPDX-License-Identifier: Apache-2.0
// The mean of one unit over all positions (Lucid's "channel").
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

at::Tensor channel_formula(const UnitSettings& s, const View& view) { return view.unit(s.layer, s.unit).mean(); }

Objective make_channel(const Call& call, const ObjectiveContext& context) {
  return of_unit(call, read_layer_settings<UnitSettings>(call, context), channel_formula);
}

}  // namespace

extern const ObjectiveKind channel;
const ObjectiveKind channel = {"channel", "Mean of one unit over all positions", default_fields<UnitSettings>,
                               make_channel, "layer:unit"};

}  // namespace microtome::objectives
