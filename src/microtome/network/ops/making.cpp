// SPDX-License-Identifier: Apache-2.0
// Operators that make values from nothing or from shapes: Constant, ConstantOfShape, Shape, Size, Range.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

at::Tensor long_tensor(std::vector<int64_t> values, at::IntArrayRef shape) {
  return at::tensor(values, at::kLong).reshape(shape);
}

void run_constant(OperatorCall& call) {
  const Node& node = call.node;
  if (has_attribute(node, "value")) {
    call.outputs[0] = tensor_attribute(node, "value");
  } else if (has_attribute(node, "value_float")) {
    call.outputs[0] = at::scalar_tensor(float_attribute(node, "value_float", 0), at::kFloat);
  } else if (has_attribute(node, "value_int")) {
    call.outputs[0] = at::scalar_tensor(int_attribute(node, "value_int", 0, kAnyInteger), at::kLong);
  } else if (has_attribute(node, "value_ints")) {
    const std::vector<int64_t> values = ints_attribute(node, "value_ints", kAnyInteger);
    call.outputs[0] = long_tensor(values, {static_cast<int64_t>(values.size())});
  } else if (has_attribute(node, "value_floats")) {
    const auto* values = std::get_if<std::vector<double>>(&node.attributes.at("value_floats"));
    if (!values) throw Error(ErrorKind::kCorrupt, "", "value_floats is not a list of numbers", "export again");
    call.outputs[0] = at::tensor(*values, at::kDouble).to(at::kFloat);
  } else {
    throw Error(ErrorKind::kUnsupported, "", "a Constant of text or sparse values is not supported", "");
  }
}

void run_constant_of_shape(OperatorCall& call) {
  const std::vector<int64_t> shape = to_ints(call.input(0));
  call.limits.check_elements(count_elements(shape));
  if (has_attribute(call.node, "value")) {
    call.outputs[0] = tensor_attribute(call.node, "value").reshape({}).expand(shape).contiguous();
  } else {
    call.outputs[0] = at::zeros(shape, at::kFloat);
  }
}

void run_shape(OperatorCall& call) {
  const at::IntArrayRef sizes = call.input(0).sizes();
  const auto rank = static_cast<int64_t>(sizes.size());
  auto bound = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t start = bound(int_attribute(call.node, "start", 0, kAnyInteger));
  const int64_t end = std::max(start, bound(int_attribute(call.node, "end", rank, kAnyInteger)));
  call.outputs[0] = long_tensor({sizes.begin() + start, sizes.begin() + end}, {end - start});
}

void run_size(OperatorCall& call) { call.outputs[0] = at::scalar_tensor(call.input(0).numel(), at::kLong); }

void run_range(OperatorCall& call) {
  const at::Tensor& start = call.input(0);
  const double from = start.item<double>(), to = call.input(1).item<double>(), step = call.input(2).item<double>();
  const double most = static_cast<double>(kLargestInteger) * static_cast<double>(kLargestInteger);
  const double count = std::ceil((to - from) / step);
  if (!(std::abs(from) < most && std::abs(to) < most && std::abs(step) < most && std::isfinite(count))) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("counts from {} to {} by {}", from, to, step),
                "export the network again");
  }
  call.limits.check_elements(std::max(count, 0.0), start.element_size());
  if (count < 1) {
    call.outputs[0] = at::empty({0}, start.options());
    return;
  }
  call.outputs[0] = at::arange(start.item(), call.input(1).item(), call.input(2).item(), start.options());
}

constexpr Operator kMakingOperators[] = {
    {.name = "Constant", .run = run_constant, .window = everything},
    {.name = "ConstantOfShape", .run = run_constant_of_shape, .window = everything},
    {.name = "Shape", .run = run_shape, .window = everything, .reads_values = false},
    {.name = "Size", .run = run_size, .window = everything, .reads_values = false},
    {.name = "Range", .run = run_range, .window = everything},
};

}  // namespace

extern const OperatorFamily making;
const OperatorFamily making{"making", kMakingOperators};

}  // namespace microtome::operators
