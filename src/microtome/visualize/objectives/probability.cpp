// SPDX-License-Identifier: Apache-2.0
// One class after the softmax: a picture also wins by lowering the others. The softmax is taken here, of the logits,
// whether the network ends with one or not.
#include <ATen/ATen.h>

#include "microtome/visualize/classes.h"

namespace microtome::objectives {
namespace {

Objective make_probability(const Call& call, const ObjectiveContext& context) {
  const int64_t unit = read_class(call, context.network);
  const std::string layer = logits(context.network).name;
  Objective objective;
  objective.reads.layers = {{layer}};
  objective.text = class_text(call.name, unit);
  objective.score = [layer, unit](const View& view) { return view.layer(layer).softmax(1).select(1, unit).mean(); };
  objective.target = UnitRef{context.network.output_layer().name, {.unit = unit}};
  return objective;
}

}  // namespace

extern const ObjectiveKind probability;
const ObjectiveKind probability = {"probability", "One class of the network's output, after the softmax",
                                   default_fields<ClassSettings>, make_probability, "class"};

}  // namespace microtome::objectives
