// SPDX-License-Identifier: Apache-2.0
// Elementwise arithmetic and comparison, with broadcasting.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

// Before opset 7 the second operand is laid along the first from `axis` on, and only with broadcast=1.
Tensor second_operand(const OperatorCall& call) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  if (call.node.version >= 7 || !int_attribute(call.node, "broadcast", 0) || b.dim() == 0) return b;
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", a.dim() - b.dim()), a.dim());
  std::vector<int64_t> shape = b.sizes().vec();
  for (int64_t i = axis + b.dim(); i < a.dim(); ++i) shape.push_back(1);
  return b.reshape(shape);
}

Tensor add(const Tensor& a, const Tensor& b) { return a + b; }
Tensor subtract(const Tensor& a, const Tensor& b) { return a - b; }
Tensor multiply(const Tensor& a, const Tensor& b) { return a * b; }

// An integer division, whose two traps (by 0, and of the lowest number by -1) the processor would answer by a signal.
bool integers(const Tensor& a, const Tensor& b) {
  if (!at::isIntegralType(a.scalar_type(), true) || !at::isIntegralType(b.scalar_type(), true)) return false;
  if (b.eq(0).any().item<bool>()) {
    throw Error(ErrorKind::kCorrupt, "", "divides an integer by zero", "export the network again");
  }
  return true;
}

Tensor minus_ones(const Tensor& b) { return b.scalar_type() == at::kByte ? at::zeros_like(b, at::kBool) : b.eq(-1); }

Tensor divide(const Tensor& a, const Tensor& b) {
  if (!integers(a, b)) return at::div(a, b);
  const Tensor turns = minus_ones(b);
  const Tensor quotient = at::div(a, b.masked_fill(turns, 1), "trunc");
  return at::where(turns, quotient.neg(), quotient);
}
Tensor power(const Tensor& a, const Tensor& b) {
  return b.dim() == 0 || b.numel() == 1 ? at::pow(a, b.item()) : at::pow(a, b);
}
Tensor maximum(const Tensor& a, const Tensor& b) { return at::maximum(a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return at::minimum(a, b); }

template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
void run_binary(OperatorCall& call) {
  call.outputs[0] = kFunction(call.input(0), second_operand(call));
}

template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
void run_over_all(OperatorCall& call) {
  Tensor result = call.input(0);
  for (size_t i = 1; i < call.inputs.size(); ++i) result = kFunction(result, call.input(i));
  call.outputs[0] = result;
}

// The sign follows the divisor, with fmod the dividend.
void run_modulo(OperatorCall& call) {
  const bool c_sign = int_attribute(call.node, "fmod", 0) != 0;
  const Tensor& a = call.input(0);
  Tensor b = call.input(1);
  if (integers(a, b)) b = b.masked_fill(minus_ones(b), 1);  // nothing remains of either
  call.outputs[0] = c_sign ? at::fmod(a, b) : at::remainder(a, b);
}

void run_mean(OperatorCall& call) {
  run_over_all<add>(call);
  call.outputs[0] = call.outputs[0] / static_cast<double>(call.inputs.size());
}

template <Tensor (*kFunction)(const Tensor&)>
void run_unary(OperatorCall& call) {
  call.outputs[0] = kFunction(call.input(0));
}

Tensor exponential(const Tensor& x) { return x.exp(); }
Tensor logarithm(const Tensor& x) { return x.log(); }
Tensor square_root(const Tensor& x) { return x.sqrt(); }
Tensor absolute(const Tensor& x) { return x.abs(); }
Tensor negative(const Tensor& x) { return x.neg(); }
Tensor error_function(const Tensor& x) { return x.erf(); }
Tensor reciprocal(const Tensor& x) { return x.reciprocal(); }
Tensor floor(const Tensor& x) { return at::isIntegralType(x.scalar_type(), true) ? x : x.floor(); }
Tensor ceil(const Tensor& x) { return at::isIntegralType(x.scalar_type(), true) ? x : x.ceil(); }
Tensor round(const Tensor& x) { return at::isIntegralType(x.scalar_type(), true) ? x : x.round(); }  // half to even
Tensor sign(const Tensor& x) { return x.sign(); }
Tensor logical_not(const Tensor& x) { return x.logical_not(); }

Tensor equal(const Tensor& a, const Tensor& b) { return a == b; }
Tensor greater(const Tensor& a, const Tensor& b) { return a > b; }
Tensor less(const Tensor& a, const Tensor& b) { return a < b; }
Tensor greater_or_equal(const Tensor& a, const Tensor& b) { return a >= b; }
Tensor less_or_equal(const Tensor& a, const Tensor& b) { return a <= b; }
Tensor logical_and(const Tensor& a, const Tensor& b) { return at::logical_and(a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return at::logical_or(a, b); }

void run_where(OperatorCall& call) {
  call.outputs[0] = at::where(call.input(0).to(at::kBool), call.input(1), call.input(2));
}

template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
constexpr Operator binary(std::string_view name, RelevanceFlow relevance = RelevanceFlow::kNone) {
  return {.name = name, .run = run_binary<kFunction>, .window = same_position, .relevance = relevance};
}

template <Tensor (*kFunction)(const Tensor&)>
constexpr Operator unary(std::string_view name, RelevanceFlow relevance = RelevanceFlow::kNone) {
  return {.name = name,
          .run = run_unary<kFunction>,
          .window = same_position,
          .each_channel_alone = true,
          .relevance = relevance};
}

constexpr Operator kArithmeticOperators[] = {
    binary<add>("Add", RelevanceFlow::kSummed),
    binary<subtract>("Sub", RelevanceFlow::kSummed),
    binary<multiply>("Mul", RelevanceFlow::kSummed),
    binary<divide>("Div", RelevanceFlow::kSummed),
    binary<power>("Pow"),
    {.name = "Mod", .run = run_modulo, .window = same_position},
    {.name = "Sum", .run = run_over_all<add>, .window = same_position, .relevance = RelevanceFlow::kSummed},
    {.name = "Mean", .run = run_mean, .window = same_position, .relevance = RelevanceFlow::kSummed},
    {.name = "Max", .run = run_over_all<maximum>, .window = same_position, .relevance = RelevanceFlow::kArranged},
    {.name = "Min", .run = run_over_all<minimum>, .window = same_position, .relevance = RelevanceFlow::kArranged},
    unary<exponential>("Exp"),
    unary<logarithm>("Log"),
    unary<square_root>("Sqrt"),
    unary<absolute>("Abs"),
    unary<negative>("Neg", RelevanceFlow::kSummed),
    unary<error_function>("Erf"),
    unary<reciprocal>("Reciprocal"),
    unary<floor>("Floor"),
    unary<ceil>("Ceil"),
    unary<round>("Round"),
    unary<sign>("Sign"),
    unary<logical_not>("Not"),
    binary<equal>("Equal"),
    binary<greater>("Greater"),
    binary<less>("Less"),
    binary<greater_or_equal>("GreaterOrEqual"),
    binary<less_or_equal>("LessOrEqual"),
    binary<logical_and>("And"),
    binary<logical_or>("Or"),
    {.name = "Where", .run = run_where, .window = same_position},
};

}  // namespace

extern const OperatorFamily arithmetic;
const OperatorFamily arithmetic{"arithmetic", kArithmeticOperators};

}  // namespace microtome::operators
