// SPDX-License-Identifier: Apache-2.0
// Activations and arithmetic.
#include <ATen/ATen.h>

#include <cmath>

#include "microtome/network/aten/aten.h"

namespace microtome::aten_families {
namespace {

TorchTensorPtr self(AtenCall& call) { return call.required(0, "self"); }

// Operators of both vocabularies that take one tensor and nothing else.
struct Namesake {
  std::string_view aten, op;
};
constexpr Namesake kNamesakes[] = {
    {"relu", "Relu"},       {"sigmoid", "Sigmoid"}, {"tanh", "Tanh"}, {"hardswish", "HardSwish"},
    {"mish", "Mish"},       {"selu", "Selu"},       {"exp", "Exp"},   {"log", "Log"},
    {"sqrt", "Sqrt"},       {"abs", "Abs"},         {"neg", "Neg"},   {"erf", "Erf"},
    {"sin", "Sin"},         {"cos", "Cos"},         {"atan", "Atan"}, {"floor", "Floor"},
    {"ceil", "Ceil"},       {"round", "Round"},     {"sign", "Sign"}, {"reciprocal", "Reciprocal"},
    {"logical_not", "Not"}, {"bitwise_not", "Not"}};

TorchValue map_namesake(AtenCall& call) {
  std::string_view name = call.name();
  if (name.ends_with('_')) name.remove_suffix(1);
  for (const Namesake& known : kNamesakes) {
    if (known.aten == name) return TorchValue::of(call.node(std::string(known.op), {self(call)}));
  }
  call.refuse("is not known");
}

TorchTensorPtr clipped(AtenCall& call, std::map<std::string, Attribute> bounds, const std::string& name) {
  return call.node("Clip", {self(call)}, std::move(bounds), name);
}

TorchValue map_relu6(AtenCall& call) { return TorchValue::of(clipped(call, {{"min", 0.0}, {"max", 6.0}}, "relu6")); }
TorchValue map_hardtanh(AtenCall& call) {
  return TorchValue::of(
      clipped(call, {{"min", call.number(1, "min_val", -1)}, {"max", call.number(2, "max_val", 1)}}, "hardtanh"));
}
TorchValue map_clamp(AtenCall& call) {
  std::map<std::string, Attribute> bounds;
  if (call.has(1, "min")) bounds["min"] = call.number(1, "min", 0);
  if (call.has(2, "max")) bounds["max"] = call.number(2, "max", 0);
  return TorchValue::of(clipped(call, std::move(bounds), "clamp"));
}
TorchValue map_clamp_min(AtenCall& call) {
  return TorchValue::of(clipped(call, {{"min", call.number(1, "min", 0)}}, "clamp"));
}
TorchValue map_clamp_max(AtenCall& call) {
  return TorchValue::of(clipped(call, {{"max", call.number(1, "max", 0)}}, "clamp"));
}

TorchValue map_gelu(AtenCall& call) {
  return TorchValue::of(call.node("Gelu", {self(call)}, {{"approximate", call.text(1, "approximate", "none")}}));
}
TorchValue map_silu(AtenCall& call) {
  const TorchTensorPtr x = self(call);
  return TorchValue::of(call.node("Mul", {x, call.node("Sigmoid", {x})}, {}, "silu"));
}
TorchValue map_hardsigmoid(AtenCall& call) {
  return TorchValue::of(call.node("HardSigmoid", {self(call)}, {{"alpha", 1.0 / 6}, {"beta", 0.5}}));
}
TorchValue map_leaky_relu(AtenCall& call) {
  return TorchValue::of(
      call.node("LeakyRelu", {self(call)}, {{"alpha", call.number(1, "negative_slope", 0.01)}}, "leaky_relu"));
}
TorchValue map_elu(AtenCall& call) {
  if (call.number(2, "scale", 1) != 1 || call.number(3, "input_scale", 1) != 1) call.refuse("with scales is not read");
  return TorchValue::of(call.node("Elu", {self(call)}, {{"alpha", call.number(1, "alpha", 1)}}));
}
TorchValue map_celu(AtenCall& call) {
  return TorchValue::of(call.node("Celu", {self(call)}, {{"alpha", call.number(1, "alpha", 1)}}));
}
TorchValue map_softplus(AtenCall& call) {
  if (call.number(1, "beta", 1) != 1) call.refuse("with a beta is not read");
  return TorchValue::of(call.node("Softplus", {self(call)}));
}
TorchValue map_log_sigmoid(AtenCall& call) {
  return TorchValue::of(call.node("Log", {call.node("Sigmoid", {self(call)})}, {}, "log_sigmoid"));
}
TorchValue map_prelu(AtenCall& call) {
  const TorchTensorPtr x = self(call), slope = call.required(1, "weight");
  std::vector<int64_t> shape(static_cast<size_t>(std::max<int64_t>(x->now.dim() - 1, 1)), 1);
  shape[0] = slope->now.numel();
  const TorchTensorPtr each = call.reshaped(slope, shape);
  if (!each->depends) each->name = slope->name;
  return TorchValue::of(call.node("PRelu", {x, each}));
}
TorchValue map_rsqrt(AtenCall& call) {
  return TorchValue::of(call.node("Reciprocal", {call.node("Sqrt", {self(call)})}, {}, "rsqrt"));
}
TorchValue map_square(AtenCall& call) {
  const TorchTensorPtr x = self(call);
  return TorchValue::of(call.node("Mul", {x, x}, {}, "square"));
}

// --- two tensors, or a tensor and a number

TorchTensorPtr other(AtenCall& call) { return call.required(1, "other"); }

TorchTensorPtr times_alpha(AtenCall& call, const TorchTensorPtr& x) {
  const double alpha = call.number(2, "alpha", 1);
  return alpha == 1 ? x : call.node("Mul", {x, AtenCall::scalar(alpha)});
}

TorchValue map_add(AtenCall& call) {
  return TorchValue::of(call.node("Add", {self(call), times_alpha(call, other(call))}));
}
TorchValue map_sub(AtenCall& call) {
  return TorchValue::of(call.node("Sub", {self(call), times_alpha(call, other(call))}));
}
TorchValue map_rsub(AtenCall& call) {
  return TorchValue::of(call.node("Sub", {other(call), times_alpha(call, self(call))}));
}
TorchValue map_mul(AtenCall& call) { return TorchValue::of(call.node("Mul", {self(call), other(call)})); }
TorchValue map_pow(AtenCall& call) {
  return TorchValue::of(call.node("Pow", {self(call), call.required(1, "exponent")}));
}
TorchValue map_maximum(AtenCall& call) { return TorchValue::of(call.node("Max", {self(call), other(call)})); }
TorchValue map_minimum(AtenCall& call) { return TorchValue::of(call.node("Min", {self(call), other(call)})); }

TorchTensorPtr as_float(AtenCall& call, const TorchTensorPtr& x) {
  constexpr int64_t kOnnxFloat = 1;
  return x->now.is_floating_point() ? x : call.node("Cast", {x}, {{"to", kOnnxFloat}});
}

TorchValue map_div(AtenCall& call) {
  const std::string mode = call.text(2, "rounding_mode", "");
  const TorchTensorPtr a = self(call), b = other(call);
  if (mode == "trunc") call.refuse("that rounds towards 0 is not read");
  const TorchTensorPtr quotient = call.node("Div", {as_float(call, a), as_float(call, b)});
  return TorchValue::of(mode == "floor" ? call.node("Floor", {quotient}) : quotient);
}

TorchValue map_floor_divide(AtenCall& call) {
  const TorchTensorPtr a = self(call), b = other(call);
  return TorchValue::of(call.node("Floor", {call.node("Div", {as_float(call, a), as_float(call, b)})}));
}

struct Comparison {
  std::string_view aten, op;
};
constexpr Comparison kComparisons[] = {{"eq", "Equal"},          {"gt", "Greater"},     {"lt", "Less"},
                                       {"ge", "GreaterOrEqual"}, {"le", "LessOrEqual"}, {"logical_and", "And"},
                                       {"logical_or", "Or"},     {"__and__", "And"},    {"__or__", "Or"},
                                       {"bitwise_and", "And"},   {"bitwise_or", "Or"}};

TorchValue map_comparison(AtenCall& call) {
  for (const Comparison& known : kComparisons) {
    if (known.aten != call.name()) continue;
    const TorchTensorPtr a = self(call), b = other(call);
    const bool logical = known.op == "And" || known.op == "Or";
    if (logical && a->now.scalar_type() != at::kBool) call.refuse("of numbers is not read");
    return TorchValue::of(call.node(std::string(known.op), {a, b}));
  }
  call.refuse("is not known");
}

TorchValue map_ne(AtenCall& call) {
  return TorchValue::of(call.node("Not", {call.node("Equal", {self(call), other(call)})}, {}, "ne"));
}

TorchValue map_where(AtenCall& call) {
  return TorchValue::of(
      call.node("Where", {call.required(0, "condition"), call.required(1, "self"), call.required(2, "other")}));
}

// self, mask, value
TorchValue map_masked_fill(AtenCall& call) {
  const TorchTensorPtr x = self(call);
  TorchTensorPtr value = call.required(2, "value");
  if (!value->depends) value = TorchGraph::known(value->now.to(x->now.scalar_type()));
  return TorchValue::of(call.node("Where", {call.required(1, "mask"), value, x}, {}, "masked_fill"));
}

constexpr AtenOperator kElementwise[] = {{"relu", map_namesake},
                                         {"sigmoid", map_namesake},
                                         {"tanh", map_namesake},
                                         {"hardswish", map_namesake},
                                         {"mish", map_namesake},
                                         {"selu", map_namesake},
                                         {"exp", map_namesake},
                                         {"log", map_namesake},
                                         {"sqrt", map_namesake},
                                         {"abs", map_namesake},
                                         {"neg", map_namesake},
                                         {"erf", map_namesake},
                                         {"sin", map_namesake},
                                         {"cos", map_namesake},
                                         {"atan", map_namesake},
                                         {"floor", map_namesake},
                                         {"ceil", map_namesake},
                                         {"round", map_namesake},
                                         {"sign", map_namesake},
                                         {"reciprocal", map_namesake},
                                         {"logical_not", map_namesake},
                                         {"bitwise_not", map_namesake},
                                         {"relu6", map_relu6},
                                         {"hardtanh", map_hardtanh},
                                         {"clamp", map_clamp},
                                         {"clip", map_clamp},
                                         {"clamp_min", map_clamp_min},
                                         {"clamp_max", map_clamp_max},
                                         {"gelu", map_gelu},
                                         {"silu", map_silu},
                                         {"hardsigmoid", map_hardsigmoid},
                                         {"leaky_relu", map_leaky_relu},
                                         {"elu", map_elu},
                                         {"celu", map_celu},
                                         {"softplus", map_softplus},
                                         {"log_sigmoid", map_log_sigmoid},
                                         {"prelu", map_prelu},
                                         {"_prelu_kernel", map_prelu},
                                         {"rsqrt", map_rsqrt},
                                         {"square", map_square},
                                         {"add", map_add},
                                         {"sub", map_sub},
                                         {"rsub", map_rsub},
                                         {"mul", map_mul},
                                         {"multiply", map_mul},
                                         {"pow", map_pow},
                                         {"maximum", map_maximum},
                                         {"minimum", map_minimum},
                                         {"div", map_div},
                                         {"divide", map_div},
                                         {"true_divide", map_div},
                                         {"floor_divide", map_floor_divide},
                                         {"eq", map_comparison},
                                         {"gt", map_comparison},
                                         {"lt", map_comparison},
                                         {"ge", map_comparison},
                                         {"le", map_comparison},
                                         {"logical_and", map_comparison},
                                         {"logical_or", map_comparison},
                                         {"__and__", map_comparison},
                                         {"__or__", map_comparison},
                                         {"bitwise_and", map_comparison},
                                         {"bitwise_or", map_comparison},
                                         {"ne", map_ne},
                                         {"where", map_where},
                                         {"masked_fill", map_masked_fill}};

}  // namespace

extern const AtenFamily elementwise;
const AtenFamily elementwise{"elementwise", kElementwise};

}  // namespace microtome::aten_families
