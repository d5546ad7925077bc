// SPDX-License-Identifier: Apache-2.0
// Rectifiers whose backward passes positive gradients only; made by guided_backprop() and deconvolution() alone.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "microtome/network/ops/clip.h"

namespace microtome::operators {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// y = clamp(x, low, high), backward max(g, 0) whatever x was (Zeiler and Fergus 2014).
class Deconvolved : public torch::autograd::Function<Deconvolved> {
 public:
  static at::Tensor forward(AutogradContext*, const at::Tensor& x, const ClipBounds& bounds) {
    return at::clamp(x, bounds.low, bounds.high);
  }

  static variable_list backward(AutogradContext*, variable_list gradients) {
    return {gradients[0].clamp_min(0), at::Tensor()};
  }
};

// y = clamp(x, low, high), backward max(g, 0) where the rectifier is open: low < x <= high (Springenberg et al. 2015).
class Guided : public torch::autograd::Function<Guided> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const ClipBounds& bounds) {
    context->save_for_backward({(x > bounds.low) & (x <= bounds.high)});
    return at::clamp(x, bounds.low, bounds.high);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor open = context->get_saved_variables()[0];
    return {gradients[0].clamp_min(0) * open, at::Tensor()};
  }
};

constexpr ClipBounds kRelu = {.low = 0, .high = std::numeric_limits<double>::infinity()};

template <class Rule>
void run_relu_as(OperatorCall& call) {
  call.outputs[0] = Rule::apply(call.input(0), kRelu);
}

template <class Rule>
void run_clip_as(OperatorCall& call) {
  call.outputs[0] = Rule::apply(call.input(0), clip_bounds(call));
}

constexpr Operator guided_operator(std::string_view name, void (*run)(OperatorCall&)) {
  return {.name = name, .run = run, .window = same_position, .each_channel_alone = true, .internal = true};
}

constexpr Operator kGuidedOperators[] = {
    guided_operator("GuidedRelu", run_relu_as<Guided>),
    guided_operator("GuidedClip", run_clip_as<Guided>),
    guided_operator("DeconvolvedRelu", run_relu_as<Deconvolved>),
    guided_operator("DeconvolvedClip", run_clip_as<Deconvolved>),
};

}  // namespace

extern const OperatorFamily guided;
const OperatorFamily guided{"guided", kGuidedOperators};

}  // namespace microtome::operators
