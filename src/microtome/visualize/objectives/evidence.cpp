// SPDX-License-Identifier: Apache-2.0
// The logarithm of a class' probability: less the cross-entropy of a network that should say this class.
#include <ATen/ATen.h>

#include "microtome/visualize/classes.h"

namespace microtome::objectives {
namespace {

Objective make_evidence(const Call& call, const ObjectiveContext& context) {
  const int64_t unit = read_class(call, context.network);
  const std::string layer = logits(context.network).name;
  Objective objective;
  objective.reads.layers = {{layer}};
  objective.text = class_text(call.name, unit);
  objective.score = [layer, unit](const View& view) { return view.layer(layer).log_softmax(1).select(1, unit).mean(); };
  objective.target = UnitRef{context.network.output_layer().name, {.unit = unit}};
  return objective;
}

}  // namespace

extern const ObjectiveKind evidence;
const ObjectiveKind evidence = {"evidence", "The logarithm of the probability of a class",
                                default_fields<ClassSettings>, make_evidence, "class"};

}  // namespace microtome::objectives
