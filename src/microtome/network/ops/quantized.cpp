// SPDX-License-Identifier: Apache-2.0
// Numbers on a grid of integers and back. What comes from the picture stays floating-point, holding whole numbers, so
// that gradients pass: rounding lets them through as they are, the ends of the grid stop them.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Grid {
  double low = 0, high = 255;
};

// Of the integers of ONNX's 4, 8 and 16 bits.
Grid grid_of(const OperatorCall& call, const Tensor& zero_point) {
  switch (const int64_t type = int_attribute(call.node, "output_dtype", 0); type) {
    case 0:
      break;
    case 2:
      return {};
    case 3:
      return {-128, 127};
    case 4:
      return {0, 65535};
    case 5:
      return {-32768, 32767};
    case 21:
      return {0, 15};
    case 22:
      return {-8, 7};
    default:
      throw Error(ErrorKind::kUnsupported, "", fmt::format("quantizes to the element type {}", type),
                  "export it with integers of 4, 8 or 16 bits");
  }
  if (!zero_point.defined() || zero_point.scalar_type() == at::kByte) return {};
  if (zero_point.scalar_type() == at::kChar) return {-128, 127};
  if (zero_point.scalar_type() == at::kShort) return {-32768, 32767};
  if (zero_point.scalar_type() == at::kInt) return {0, 65535};  // as which uint16 is kept
  throw Error(ErrorKind::kUnsupported, "", "quantizes to this element type", "export it with integers of 8 bits");
}

// y = clamp(round(x / scale) + zero, low, high), half to even; backward g / scale inside the grid.
class Quantized : public torch::autograd::Function<Quantized> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& scale, const Tensor& zero, double low,
                        double high) {
    const Tensor free = at::round(x / scale) + zero;
    context->save_for_backward({(free >= low) & (free <= high), scale});
    return at::clamp(free, low, high);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {gradients[0] * saved[0] / saved[1], {}, {}, {}, {}};
  }
};

// A scale or zero point beside the values x: one for all, one for each place along the axis, or one for each block.
Tensor beside(const OperatorCall& call, const Tensor& x, const Tensor& parameter) {
  if (parameter.numel() == 1) return parameter.reshape({});
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", 1), x.dim());
  const int64_t block = int_attribute(call.node, "block_size", 0, {0, kLargestInteger});
  if (parameter.dim() == x.dim() && block > 0 && (x.size(axis) + block - 1) / block == parameter.size(axis)) {
    call.limits.check_elements(count_elements(x.sizes()) + static_cast<double>(block), x.element_size());
    return parameter.repeat_interleave(std::min(block, x.size(axis)), axis).narrow(axis, 0, x.size(axis));
  }
  if (parameter.dim() != 1 || parameter.numel() != x.size(axis)) {
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("has parameters [{}] for values [{}]", fmt::join(parameter.sizes(), ","),
                            fmt::join(x.sizes(), ",")),
                "export the network again");
  }
  std::vector<int64_t> along(static_cast<size_t>(x.dim()), 1);
  along[static_cast<size_t>(axis)] = -1;
  return parameter.reshape(along);
}

at::ScalarType number_type(const Tensor& x, const Tensor& scale) {
  return x.is_floating_point() ? x.scalar_type() : scale.is_floating_point() ? scale.scalar_type() : at::kFloat;
}

void run_quantize(OperatorCall& call) {
  const Tensor& given = call.input(0);
  const Tensor x = given.to(number_type(given, call.input(1)));
  const Tensor scale = beside(call, x, call.inputs[1]).to(x.scalar_type());
  const Tensor zero = call.has(2) ? beside(call, x, call.inputs[2]).to(x.scalar_type()) : at::zeros({}, x.options());
  const Grid grid = grid_of(call, call.has(2) ? call.inputs[2] : Tensor());
  call.outputs[0] = Quantized::apply(x, scale, zero, grid.low, grid.high);
}

void run_dequantize(OperatorCall& call) {
  const Tensor& given = call.input(0);
  const Tensor x = given.to(number_type(given, call.input(1)));
  const Tensor whole = call.has(2) ? x - beside(call, x, call.inputs[2]).to(x.scalar_type()) : x;
  call.outputs[0] = whole * beside(call, x, call.inputs[1]).to(x.scalar_type());
}

// The grid 0 .. 255 laid over the range of the values and 0; one value alone makes the step 1.
void run_dynamic_quantize(OperatorCall& call) {
  const Tensor& x = call.input(0);
  if (!x.is_floating_point() || x.numel() == 0) {
    throw Error(ErrorKind::kCorrupt, "", "quantizes what is empty or no number", "export the network again");
  }
  const Tensor still = x.detach();
  const Tensor low = still.min().clamp_max(0), range = still.max().clamp_min(0) - low;
  const Tensor scale = at::where(range > 0, range / 255, at::ones_like(range));
  const Tensor zero = at::clamp(at::round(-low / scale), 0, 255);
  call.outputs[0] = Quantized::apply(x, scale, zero, 0.0, 255.0);
  if (call.wants(1)) call.outputs[1] = scale;
  if (call.wants(2)) call.outputs[2] = zero;
}

// Scales and zero points are one for all, or one a channel of axis 1.
constexpr Operator on_grid(std::string_view name, void (*run)(OperatorCall&)) {
  return {.name = name, .run = run, .window = same_position};
}

constexpr Operator kQuantizedOperators[] = {
    on_grid("QuantizeLinear", run_quantize),
    on_grid("DequantizeLinear", run_dequantize),
    {.name = "DynamicQuantizeLinear", .run = run_dynamic_quantize, .window = everything},
};

}  // namespace

extern const OperatorFamily quantized;
const OperatorFamily quantized{"quantized", kQuantizedOperators};

}  // namespace microtome::operators
