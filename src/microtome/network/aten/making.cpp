// SPDX-License-Identifier: Apache-2.0
// Tensors that a program makes itself, other types of them, and what it writes into them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/network/aten/aten.h"
#include "microtome/network/ops/operator.h"

namespace microtome::aten_families {
namespace {

constexpr double kMostMade = 1 << 24;  // elements of a tensor that a program makes of nothing

// PyTorch's numbers of types, c10/core/ScalarType.h; every floating one is kept as float32.
at::ScalarType asked_type(AtenCall& call, const TorchValue& given, at::ScalarType fallback) {
  if (!given.whole()) return fallback;
  const auto type = static_cast<at::ScalarType>(given.integer);
  switch (type) {
    case at::kByte:
    case at::kChar:
    case at::kShort:
    case at::kInt:
    case at::kLong:
    case at::kBool:
      return type;
    case at::kHalf:
    case at::kFloat:
    case at::kDouble:
    case at::kBFloat16:
      return at::kFloat;
    default:
      call.refuse(fmt::format("asks for the type of number {}", given.integer));
  }
}

TorchValue made_of(AtenCall& call, const std::vector<int64_t>& shape, double value, at::ScalarType type) {
  double elements = 1;
  for (const int64_t length : shape) elements *= length < 0 ? kMostMade : static_cast<double>(length);
  if (elements >= kMostMade || shape.size() > static_cast<size_t>(kMostAxes)) call.refuse("makes a tensor too large");
  call.graph().spend(static_cast<int64_t>(elements) * static_cast<int64_t>(sizeof(int64_t)));
  return TorchValue::of(TorchGraph::known(at::full(shape, value, type), {}, true));
}

// size, ...
TorchValue filled(AtenCall& call, double value) {
  return made_of(call, call.integers(0, "size"), value, asked_type(call, call.at(9, "dtype"), at::kFloat));
}
TorchValue map_zeros(AtenCall& call) { return filled(call, 0); }
TorchValue map_ones(AtenCall& call) { return filled(call, 1); }
TorchValue map_full(AtenCall& call) { return filled(call, call.number(1, "fill_value", 0)); }

// self, size, ...
TorchValue filled_like(AtenCall& call, double value, bool of_size) {
  const TorchTensorPtr like = call.required(0, "self");
  const std::vector<int64_t> shape = of_size ? call.integers(1, "size") : like->now.sizes().vec();
  return made_of(call, shape, value, asked_type(call, call.at(9, "dtype"), like->now.scalar_type()));
}
TorchValue map_new_zeros(AtenCall& call) { return filled_like(call, 0, true); }
TorchValue map_new_ones(AtenCall& call) { return filled_like(call, 1, true); }
TorchValue map_new_full(AtenCall& call) { return filled_like(call, call.number(2, "fill_value", 0), true); }
TorchValue map_zeros_like(AtenCall& call) { return filled_like(call, 0, false); }
TorchValue map_ones_like(AtenCall& call) { return filled_like(call, 1, false); }
TorchValue map_full_like(AtenCall& call) { return filled_like(call, call.number(1, "fill_value", 0), false); }

// [start,] end [, step]
TorchValue map_arange(AtenCall& call) {
  std::vector<TorchValue> bounds;
  for (size_t i = 0; i < 3; ++i) {
    const char* name = i == 0 ? "start" : i == 1 ? "end" : "step";
    if (call.at(i, name).numeric()) bounds.push_back(call.at(i, name));
  }
  if (bounds.empty()) call.refuse("has no end");
  bool whole = true;
  for (const TorchValue& bound : bounds) whole = whole && bound.whole();
  const double start = bounds.size() > 1 ? bounds[0].as_number() : 0;
  const double end = bounds[bounds.size() > 1 ? 1 : 0].as_number();
  const double step = bounds.size() > 2 ? bounds[2].as_number() : 1;
  if (!(step != 0) || !(std::abs((end - start) / step) < kMostMade)) call.refuse("makes a tensor too large");
  const at::ScalarType type = asked_type(call, call.at(9, "dtype"), whole ? at::kLong : at::kFloat);
  call.graph().spend(static_cast<int64_t>(std::abs((end - start) / step)) * static_cast<int64_t>(sizeof(int64_t)));
  return TorchValue::of(TorchGraph::known(at::arange(start, end, step, type), {}, true));
}

// start, end, steps
TorchValue map_linspace(AtenCall& call) {
  const int64_t steps = call.integer(2, "steps");
  if (steps < 0 || static_cast<double>(steps) >= kMostMade) call.refuse("makes a tensor too large");
  call.graph().spend(steps * static_cast<int64_t>(sizeof(float)));
  return TorchValue::of(TorchGraph::known(
      at::linspace(call.number(0, "start", 0), call.number(1, "end", 0), steps, at::kFloat), {}, true));
}

// A number or a list of numbers.
TorchValue map_tensor(AtenCall& call) {
  const TorchValue& data = call.at(0, "data");
  std::vector<TorchValue> numbers;
  if (data.sequence()) numbers = *data.items;
  if (data.numeric()) numbers.push_back(data);
  std::vector<double> values;
  bool whole = true;
  for (const TorchValue& number : numbers) {
    values.push_back(number_of(number).as_number());
    whole = whole && number_of(number).whole();
  }
  at::Tensor made =
      at::tensor(values, at::kDouble).to(asked_type(call, call.at(9, "dtype"), whole ? at::kLong : at::kFloat));
  if (!data.sequence()) made = made.reshape({});
  return TorchValue::of(TorchGraph::known(made, {}, true));
}

TorchValue cast_to(AtenCall& call, at::ScalarType type) {
  const TorchTensorPtr x = call.required(0, "self");
  if (x->now.scalar_type() == type) return TorchValue::of(x);
  return TorchValue::of(call.node("Cast", {x}, {{"to", onnx_type(type)}}));
}

// self and, at some place, a type, another tensor, or a device, of which only the first two matter.
TorchValue map_to(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "self");
  for (size_t i = 1; i < 3; ++i) {
    const TorchValue& given = call.at(i, i == 1 ? "dtype" : "other");
    if (given.kind == TorchKind::kTensor) return cast_to(call, given.tensor->now.scalar_type());
    if (given.kind == TorchKind::kInt) return cast_to(call, asked_type(call, given, x->now.scalar_type()));
  }
  return TorchValue::of(x);
}

TorchValue map_to_copy(AtenCall& call) {
  return cast_to(call, asked_type(call, call.at(9, "dtype"), call.required(0, "self")->now.scalar_type()));
}
TorchValue map_type_as(AtenCall& call) { return cast_to(call, call.required(1, "other")->now.scalar_type()); }
TorchValue map_float(AtenCall& call) { return cast_to(call, at::kFloat); }
TorchValue map_long(AtenCall& call) { return cast_to(call, at::kLong); }

TorchValue map_clone(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "self");
  if (!x->depends) {
    call.graph().spend(static_cast<int64_t>(x->now.nbytes()));
    return TorchValue::of(TorchGraph::known(x->now.clone(), {}, true));
  }
  auto copy = std::make_shared<TorchTensor>(*x);  // the same value, whatever is written into the other one
  copy->writes = std::make_shared<int>(0);
  copy->seen = 0;
  if (x->seen != *x->writes) call.refuse("copies a view of values that were written since");
  return TorchValue::of(copy);
}

// self, source: what is written over self (copy_, fill_, zero_).
TorchTensorPtr written(AtenCall& call, const TorchTensorPtr& values) {
  const TorchTensorPtr x = call.required(0, "self");
  if (x->depends || values->depends) call.refuse("into what depends on the picture is not read");
  return TorchGraph::known(values->now.to(x->now.scalar_type()).expand(x->now.sizes()));
}
TorchValue map_copy(AtenCall& call) { return TorchValue::of(written(call, call.required(1, "src"))); }
TorchValue map_zero(AtenCall& call) { return TorchValue::of(written(call, AtenCall::scalar(0))); }

constexpr AtenOperator kMaking[] = {{"zeros", map_zeros},
                                    {"ones", map_ones},
                                    {"full", map_full},
                                    {"empty", map_zeros},
                                    {"new_zeros", map_new_zeros},
                                    {"new_ones", map_new_ones},
                                    {"new_full", map_new_full},
                                    {"zeros_like", map_zeros_like},
                                    {"ones_like", map_ones_like},
                                    {"full_like", map_full_like},
                                    {"arange", map_arange},
                                    {"linspace", map_linspace},
                                    {"tensor", map_tensor},
                                    {"as_tensor", map_to},
                                    {"scalar_tensor", map_tensor},
                                    {"to", map_to},
                                    {"_to_copy", map_to_copy},
                                    {"type_as", map_type_as},
                                    {"float", map_float},
                                    {"half", map_float},
                                    {"long", map_long},
                                    {"clone", map_clone},
                                    {"copy_", map_copy},
                                    {"fill_", map_copy},
                                    {"zero_", map_zero}};

}  // namespace

extern const AtenFamily making;
const AtenFamily making{"making", kMaking};

}  // namespace microtome::aten_families
