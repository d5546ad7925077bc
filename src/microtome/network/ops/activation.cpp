// SPDX-License-Identifier: Apache-2.0
// Rectifiers, squashing functions and softmax.
#include <ATen/ATen.h>

#include <limits>

#include "microtome/base/error.h"
#include "microtome/network/ops/clip.h"

namespace microtome::operators {

ClipBounds clip_bounds(const OperatorCall& call) {
  const double infinity = std::numeric_limits<double>::infinity();
  ClipBounds bounds;
  bounds.low = call.has(1) ? call.inputs[1].item<double>() : float_attribute(call.node, "min", -infinity);
  bounds.high = call.has(2) ? call.inputs[2].item<double>() : float_attribute(call.node, "max", infinity);
  return bounds;
}

namespace {

void run_relu(OperatorCall& call) {
  // Overwriting what nobody else sees saves a pass over memory; autograd remembers the result alone.
  if (call.owns(0)) {
    call.outputs[0] = std::move(call.inputs[0]);
    at::relu_(call.outputs[0]);
  } else {
    call.outputs[0] = at::relu(call.input(0));
  }
}

void run_leaky_relu(OperatorCall& call) {
  const double slope = float_attribute(call.node, "alpha", 0.01);
  if (call.owns(0) && slope >= 0) {
    call.outputs[0] = std::move(call.inputs[0]);
    at::leaky_relu_(call.outputs[0], slope);
  } else {
    call.outputs[0] = at::leaky_relu(call.input(0), slope);
  }
}

// ONNX broadcasts the slope from the last axis, before opset 7 a list of slopes along the channels.
void run_prelu(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  at::Tensor slope = call.input(1);
  if (call.node.version < 7 && slope.dim() == 1) {
    std::vector<int64_t> along(static_cast<size_t>(x.dim()), 1);
    if (x.dim() > 1) along[1] = -1;
    slope = slope.reshape(along);
  }
  call.outputs[0] = at::where(x > 0, x, x * slope);
}

void run_elu(OperatorCall& call) { call.outputs[0] = at::elu(call.input(0), float_attribute(call.node, "alpha", 1.0)); }

void run_selu(OperatorCall& call) {
  const double alpha = float_attribute(call.node, "alpha", 1.67326319217681884765625);
  const double gamma = float_attribute(call.node, "gamma", 1.05070102214813232421875);
  call.outputs[0] = at::elu(call.input(0), alpha, gamma);
}

// max(0, x) + min(0, alpha (exp(x / alpha) - 1))
void run_celu(OperatorCall& call) {
  const double alpha = float_attribute(call.node, "alpha", 1.0);
  call.outputs[0] = at::elu(call.input(0), alpha, 1.0, 1.0 / alpha);
}

// x times the normal distribution function, or its approximation by tanh.
void run_gelu(OperatorCall& call) {
  const std::string approximation = string_attribute(call.node, "approximate", "none");
  if (approximation != "none" && approximation != "tanh") {
    throw Error(ErrorKind::kUnsupported, "", "Gelu with this approximation is not supported", "");
  }
  call.outputs[0] = at::gelu(call.input(0), approximation);
}

void run_clip(OperatorCall& call) {
  const ClipBounds bounds = clip_bounds(call);
  call.outputs[0] = at::clamp(call.input(0), bounds.low, bounds.high);
}

void run_sigmoid(OperatorCall& call) { call.outputs[0] = at::sigmoid(call.input(0)); }
void run_tanh(OperatorCall& call) { call.outputs[0] = at::tanh(call.input(0)); }
void run_softplus(OperatorCall& call) { call.outputs[0] = at::softplus(call.input(0)); }
void run_softsign(OperatorCall& call) { call.outputs[0] = call.input(0) / (call.input(0).abs() + 1); }

void run_hard_sigmoid(OperatorCall& call) {
  const double alpha = float_attribute(call.node, "alpha", 0.2);
  const double beta = float_attribute(call.node, "beta", 0.5);
  call.outputs[0] = at::clamp(call.input(0) * alpha + beta, 0.0, 1.0);
}

void run_hard_swish(OperatorCall& call) { call.outputs[0] = at::hardswish(call.input(0)); }
void run_mish(OperatorCall& call) { call.outputs[0] = at::mish(call.input(0)); }

void run_thresholded_relu(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  call.outputs[0] = at::where(x > float_attribute(call.node, "alpha", 1.0), x, at::zeros_like(x));
}

// Towards 0 by the bias, and 0 between -lambd and lambd.
void run_shrink(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const double lambd = float_attribute(call.node, "lambd", 0.5), bias = float_attribute(call.node, "bias", 0.0);
  call.outputs[0] = at::where(x < -lambd, x + bias, at::where(x > lambd, x - bias, at::zeros_like(x)));
}

// Before opset 13 everything from the axis on counts as one axis.
template <at::Tensor (*kFunction)(const at::Tensor&, int64_t)>
void run_softmax(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const bool flattens = call.node.version < 13;
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", flattens ? 1 : -1), x.dim());
  if (!flattens) {
    call.outputs[0] = kFunction(x, axis);
    return;
  }
  int64_t rows = 1;
  for (int64_t i = 0; i < axis; ++i) rows *= x.size(i);
  call.outputs[0] = kFunction(x.reshape({rows, -1}), 1).view(x.sizes());
}

at::Tensor softmax(const at::Tensor& x, int64_t axis) { return at::softmax(x, axis); }
at::Tensor log_softmax(const at::Tensor& x, int64_t axis) { return at::log_softmax(x, axis); }
// 1 at the first of the largest.
at::Tensor hardmax(const at::Tensor& x, int64_t axis) {
  return at::scatter(at::zeros_like(x), axis, at::argmax(x, axis, true), 1);
}

Window softmax_window(const NodeFacts& facts) {
  const int64_t rank = static_cast<int64_t>(facts.input_shape(0).size());
  const bool flattens = facts.node.version < 13;
  const int64_t axis = normal_axis(int_attribute(facts.node, "axis", flattens ? 1 : -1), rank);
  return {.everything = flattens || axis >= 2};
}

double relu_lower_bound(const NodeFacts&) { return 0; }

double clip_lower_bound(const NodeFacts& facts) {
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  if (facts.node.inputs.size() < 2 || facts.node.inputs[1] < 0) return float_attribute(facts.node, "min", kNone);
  const at::Tensor& low = facts.constant(1);
  return low.defined() ? low.item<double>() : std::numeric_limits<double>::quiet_NaN();
}

constexpr Operator rectifier(std::string_view name, void (*run)(OperatorCall&),
                             double (*lower_bound)(const NodeFacts&)) {
  return {.name = name,
          .run = run,
          .window = same_position,
          .each_channel_alone = true,
          .rectifies = true,
          .relevance = RelevanceFlow::kPassed,
          .lower_bound = lower_bound};
}

constexpr Operator pointwise(std::string_view name, void (*run)(OperatorCall&)) {
  return {.name = name,
          .run = run,
          .window = same_position,
          .each_channel_alone = true,
          .relevance = RelevanceFlow::kPassed};
}

constexpr Operator kActivationOperators[] = {
    rectifier("Relu", run_relu, relu_lower_bound),
    rectifier("Clip", run_clip, clip_lower_bound),
    rectifier("LeakyRelu", run_leaky_relu, nullptr),
    {.name = "PRelu",
     .run = run_prelu,
     .window = same_position,
     .relevance = RelevanceFlow::kPassed,
     .learned = {1, 1}},
    pointwise("Elu", run_elu),
    pointwise("Selu", run_selu),
    pointwise("Celu", run_celu),
    pointwise("Gelu", run_gelu),
    pointwise("Sigmoid", run_sigmoid),
    pointwise("Tanh", run_tanh),
    pointwise("Softplus", run_softplus),
    pointwise("Softsign", run_softsign),
    pointwise("HardSigmoid", run_hard_sigmoid),
    pointwise("HardSwish", run_hard_swish),
    pointwise("Mish", run_mish),
    pointwise("ThresholdedRelu", run_thresholded_relu),
    pointwise("Shrink", run_shrink),
    {.name = "Hardmax", .run = run_softmax<hardmax>, .window = softmax_window},
    {.name = "Softmax", .run = run_softmax<softmax>, .window = softmax_window, .scale = OutputScale::kProbabilities},
    {.name = "LogSoftmax",
     .run = run_softmax<log_softmax>,
     .window = softmax_window,
     .scale = OutputScale::kLogProbabilities},
};

}  // namespace

extern const OperatorFamily activation;
const OperatorFamily activation{"activation", kActivationOperators};

}  // namespace microtome::operators
