// SPDX-License-Identifier: Apache-2.0
// One class before the softmax, which would let a picture win by lowering the others.
#include <ATen/ATen.h>

#include "microtome/visualize/classes.h"

namespace microtome::objectives {
namespace {

Objective make_logit(const Call& call, const ObjectiveContext& context) {
  const int64_t unit = read_class(call, context.network);
  const std::string layer = logits(context.network).name;
  Objective objective;
  objective.reads.layers = {{layer, std::vector{unit}}};
  objective.text = class_text(call.name, unit);
  objective.score = [layer, unit](const View& view) { return view.unit(layer, unit).mean(); };
  objective.target = UnitRef{layer, {.unit = unit}};
  return objective;
}

}  // namespace

extern const ObjectiveKind logit;
const ObjectiveKind logit = {"logit", "One class of the network's output, before the softmax",
                             default_fields<ClassSettings>, make_logit, "class"};

}  // namespace microtome::objectives
