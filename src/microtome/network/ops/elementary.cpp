// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of one value, and of the bits of integers.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

template <Tensor (*kFunction)(const Tensor&)>
void run_function(OperatorCall& call) {
  call.outputs[0] = kFunction(call.input(0));
}

template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
void run_pair(OperatorCall& call) {
  call.outputs[0] = kFunction(call.input(0), call.input(1));
}

void run_is_inf(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const bool above = int_attribute(call.node, "detect_positive", 1) != 0;
  const bool below = int_attribute(call.node, "detect_negative", 1) != 0;
  const Tensor infinite = at::isinf(x);
  call.outputs[0] = above && below ? infinite
                    : above        ? infinite & (x > 0)
                    : below        ? infinite & (x < 0)
                                   : infinite & (x != x);
}

// What is shifted out is gone, so that a shift by the width or more leaves nothing.
void run_bit_shift(OperatorCall& call) {
  const Tensor &x = call.input(0), by = call.input(1);
  const std::string direction = string_attribute(call.node, "direction", "");
  if (direction != "LEFT" && direction != "RIGHT") {
    throw Error(ErrorKind::kCorrupt, "", "shifts neither LEFT nor RIGHT", "export the network again");
  }
  const int64_t width = 8 * static_cast<int64_t>(x.element_size());
  const Tensor known = by.clamp(0, width - 1).to(x.scalar_type());
  const Tensor shifted = direction == "LEFT" ? at::bitwise_left_shift(x, known) : at::bitwise_right_shift(x, known);
  call.outputs[0] = at::where((by >= 0) & (by < width), shifted, at::zeros_like(shifted));
}

template <Tensor (*kFunction)(const Tensor&)>
constexpr Operator function(std::string_view name) {
  return {.name = name, .run = run_function<kFunction>, .window = same_position, .each_channel_alone = true};
}

template <Tensor (*kFunction)(const Tensor&, const Tensor&)>
constexpr Operator pair(std::string_view name) {
  return {.name = name, .run = run_pair<kFunction>, .window = same_position};
}

constexpr Operator kElementaryOperators[] = {
    function<at::sin>("Sin"),
    function<at::cos>("Cos"),
    function<at::tan>("Tan"),
    function<at::asin>("Asin"),
    function<at::acos>("Acos"),
    function<at::atan>("Atan"),
    function<at::sinh>("Sinh"),
    function<at::cosh>("Cosh"),
    function<at::asinh>("Asinh"),
    function<at::acosh>("Acosh"),
    function<at::atanh>("Atanh"),
    function<at::isnan>("IsNaN"),
    {.name = "IsInf", .run = run_is_inf, .window = same_position, .each_channel_alone = true},
    function<at::bitwise_not>("BitwiseNot"),
    pair<at::bitwise_and>("BitwiseAnd"),
    pair<at::bitwise_or>("BitwiseOr"),
    pair<at::bitwise_xor>("BitwiseXor"),
    pair<at::logical_xor>("Xor"),
    {.name = "BitShift", .run = run_bit_shift, .window = same_position},
};

}  // namespace

extern const OperatorFamily elementary;
const OperatorFamily elementary{"elementary", kElementaryOperators};

}  // namespace microtome::operators
