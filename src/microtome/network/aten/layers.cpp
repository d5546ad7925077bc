// SPDX-License-Identifier: Apache-2.0
// Convolutions, matrix products, normalization, what does nothing outside of training.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/network/aten/aten.h"

namespace microtome::aten_families {
namespace {

std::vector<int64_t> both_ends(const std::vector<int64_t>& pads) {
  std::vector<int64_t> ends = pads;
  ends.insert(ends.end(), pads.begin(), pads.end());
  return ends;
}

struct ConvArguments {
  std::vector<int64_t> stride, padding, dilation, output_padding;
  int64_t groups = 1;
  bool transposed = false;
  std::string automatic{};  // "same" and the like
};

TorchTensorPtr convolved(AtenCall& call, const ConvArguments& arguments) {
  const TorchTensorPtr x = call.required(0, "input"), weight = call.required(1, "weight");
  const TorchTensorPtr bias = call.tensor(2, "bias");
  std::map<std::string, Attribute> attributes = {{"strides", arguments.stride},
                                                 {"dilations", arguments.dilation},
                                                 {"group", arguments.groups},
                                                 {"kernel_shape", weight->now.sizes().slice(2).vec()}};
  if (arguments.automatic == "same") {
    std::vector<int64_t> front, back;
    for (size_t i = 0; i < arguments.dilation.size(); ++i) {
      if (arguments.dilation[i] < 1 || arguments.dilation[i] > kLargestWindow)
        call.refuse("spreads its weights too far");
      const int64_t whole = arguments.dilation[i] * (weight->now.size(static_cast<int64_t>(i) + 2) - 1);
      front.push_back(whole / 2);
      back.push_back(whole - whole / 2);
    }
    front.insert(front.end(), back.begin(), back.end());
    attributes["pads"] = front;
  } else {
    attributes["pads"] = both_ends(arguments.padding);
  }
  if (arguments.transposed) attributes["output_padding"] = arguments.output_padding;
  std::vector<TorchTensorPtr> inputs = {x, weight};
  if (bias) inputs.push_back(bias);
  return call.node(arguments.transposed ? "ConvTranspose" : "Conv", std::move(inputs), std::move(attributes));
}

size_t space_of(AtenCall& call) {
  const int64_t rank = call.required(1, "weight")->now.dim(), given = call.required(0, "input")->now.dim();
  if (rank < 3 || given != rank) call.misfit(fmt::format("has an input of {} axes and weights of {}", given, rank));
  return static_cast<size_t>(rank) - 2;
}

// input, weight, bias, stride, padding, dilation, groups
TorchValue map_conv(AtenCall& call) {
  const size_t axes = space_of(call);
  ConvArguments arguments{.stride = call.each(3, "stride", axes, 1),
                          .padding = {},
                          .dilation = call.each(5, "dilation", axes, 1),
                          .output_padding = {},
                          .groups = call.integer(6, "groups", 1)};
  arguments.automatic = call.text(4, "padding", "");
  arguments.padding = arguments.automatic.empty() ? call.each(4, "padding", axes, 0) : std::vector<int64_t>(axes, 0);
  return TorchValue::of(convolved(call, arguments));
}

// input, weight, bias, stride, padding, output_padding, groups, dilation
TorchValue map_conv_transpose(AtenCall& call) {
  const size_t axes = space_of(call);
  return TorchValue::of(convolved(call, {.stride = call.each(3, "stride", axes, 1),
                                         .padding = call.each(4, "padding", axes, 0),
                                         .dilation = call.each(7, "dilation", axes, 1),
                                         .output_padding = call.each(5, "output_padding", axes, 0),
                                         .groups = call.integer(6, "groups", 1),
                                         .transposed = true}));
}

// input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, ...
TorchValue map_convolution(AtenCall& call) {
  const size_t axes = space_of(call);
  return TorchValue::of(convolved(call, {.stride = call.each(3, "stride", axes, 1),
                                         .padding = call.each(4, "padding", axes, 0),
                                         .dilation = call.each(5, "dilation", axes, 1),
                                         .output_padding = call.each(7, "output_padding", axes, 0),
                                         .groups = call.integer(8, "groups", 1),
                                         .transposed = call.flag(6, "transposed")}));
}

TorchTensorPtr turned(AtenCall& call, const TorchTensorPtr& weight) {
  return call.node("Transpose", {weight}, {{"perm", std::vector<int64_t>{1, 0}}});
}

TorchValue map_linear(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "input"), weight = call.required(1, "weight");
  const TorchTensorPtr bias = call.tensor(2, "bias");
  if (x->now.dim() == 2 && weight->now.dim() == 2) {
    std::vector<TorchTensorPtr> inputs = {x, weight};
    if (bias) inputs.push_back(bias);
    return TorchValue::of(call.node("Gemm", std::move(inputs), {{"transB", int64_t{1}}}, "linear"));
  }
  const TorchTensorPtr factor = turned(call, weight);
  if (!factor->depends) factor->name = weight->name;
  const TorchTensorPtr product = call.node("MatMul", {x, factor});
  return TorchValue::of(bias ? call.node("Add", {product, bias}, {}, "linear") : product);
}

// bias, mat1, mat2, beta, alpha
TorchValue map_addmm(AtenCall& call) {
  std::map<std::string, Attribute> factors = {{"alpha", call.number(4, "alpha", 1)},
                                              {"beta", call.number(3, "beta", 1)}};
  const std::vector<TorchTensorPtr> inputs = {call.required(1, "mat1"), call.required(2, "mat2"),
                                              call.required(0, "self")};
  return TorchValue::of(call.node("Gemm", inputs, std::move(factors), "linear"));
}

TorchValue map_matmul(AtenCall& call) {
  return TorchValue::of(call.node("MatMul", {call.required(0, "self"), call.required(1, "other")}));
}

TorchValue map_mm(AtenCall& call) {
  return TorchValue::of(call.node("MatMul", {call.required(0, "self"), call.required(1, "mat2")}));
}

// self, batch1, batch2, beta, alpha
TorchValue map_baddbmm(AtenCall& call) {
  if (call.number(3, "beta", 1) != 1 || call.number(4, "alpha", 1) != 1) call.refuse("with factors is not read");
  const TorchTensorPtr product = call.node("MatMul", {call.required(1, "batch1"), call.required(2, "batch2")});
  return TorchValue::of(call.node("Add", {product, call.required(0, "self")}));
}

TorchTensorPtr or_filled(const TorchTensorPtr& given, int64_t length, double value) {
  return given ? given : TorchGraph::known(at::full({length}, value, at::kFloat));
}

TorchTensorPtr normalized_batch(AtenCall& call, double epsilon) {
  const TorchTensorPtr x = call.required(0, "input");
  if (x->now.dim() < 2) call.misfit("has an input without channels");
  const int64_t channels = x->now.size(1);
  return call.node("BatchNormalization",
                   {x, or_filled(call.tensor(1, "weight"), channels, 1), or_filled(call.tensor(2, "bias"), channels, 0),
                    call.required(3, "running_mean"), call.required(4, "running_var")},
                   {{"epsilon", epsilon}});
}

// input, weight, bias, running_mean, running_var, training, momentum, eps
TorchValue map_batch_norm(AtenCall& call) {
  if (call.flag(5, "training")) {
    call.refuse("normalizes by its batch: the network was exported in training mode, call model.eval() first");
  }
  return TorchValue::of(normalized_batch(call, call.number(7, "eps", 1e-5)));
}

TorchValue first_of(const TorchTensorPtr& result, size_t count = 3) {
  std::vector<TorchValue> all(count);
  all[0] = TorchValue::of(result);
  return TorchValue::several(TorchKind::kTuple, std::move(all));
}

// input, weight, bias, running_mean, running_var, momentum, eps
TorchValue map_exported_batch_norm(AtenCall& call) {
  return first_of(normalized_batch(call, call.number(6, "eps", 1e-5)));
}

TorchTensorPtr normalized_layer(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "input");
  const std::vector<int64_t> shape = call.integers(1, "normalized_shape");
  const TorchTensorPtr weight = call.tensor(2, "weight"), bias = call.tensor(3, "bias");
  const auto axes = static_cast<int64_t>(shape.size());
  std::vector<TorchTensorPtr> inputs = {x, weight ? weight : TorchGraph::known(at::ones(shape))};
  if (bias) inputs.push_back(bias);
  return call.node("LayerNormalization", std::move(inputs), {{"axis", -axes}, {"epsilon", call.number(4, "eps", 1e-5)}},
                   "layer_norm");
}

TorchValue map_layer_norm(AtenCall& call) { return TorchValue::of(normalized_layer(call)); }
TorchValue map_native_layer_norm(AtenCall& call) { return first_of(normalized_layer(call)); }

TorchTensorPtr normalized_groups(AtenCall& call, int64_t groups, const TorchTensorPtr& weight,
                                 const TorchTensorPtr& bias, double epsilon) {
  const TorchTensorPtr x = call.required(0, "input");
  const int64_t channels = x->now.dim() > 1 ? x->now.size(1) : 0;
  return call.node("GroupNormalization", {x, or_filled(weight, channels, 1), or_filled(bias, channels, 0)},
                   {{"num_groups", groups}, {"epsilon", epsilon}}, "group_norm");
}

// input, num_groups, weight, bias, eps
TorchValue map_group_norm(AtenCall& call) {
  return TorchValue::of(normalized_groups(call, call.integer(1, "num_groups"), call.tensor(2, "weight"),
                                          call.tensor(3, "bias"), call.number(4, "eps", 1e-5)));
}

// input, weight, bias, N, C, HxW, group, eps
TorchValue map_native_group_norm(AtenCall& call) {
  return first_of(normalized_groups(call, call.integer(6, "group"), call.tensor(1, "weight"), call.tensor(2, "bias"),
                                    call.number(7, "eps", 1e-5)));
}

// input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps
TorchValue map_instance_norm(AtenCall& call) {
  const double epsilon = call.number(7, "eps", 1e-5);
  if (!call.flag(5, "use_input_stats", true)) return TorchValue::of(normalized_batch(call, epsilon));
  const TorchTensorPtr x = call.required(0, "input");
  const int64_t channels = x->now.dim() > 1 ? x->now.size(1) : 0;
  return TorchValue::of(
      call.node("InstanceNormalization",
                {x, or_filled(call.tensor(1, "weight"), channels, 1), or_filled(call.tensor(2, "bias"), channels, 0)},
                {{"epsilon", epsilon}}, "instance_norm"));
}

// input, p, train
TorchValue map_dropout(AtenCall& call) {
  if (call.flag(2, "train") && call.number(1, "p", 0.5) != 0) {
    call.refuse("drops at random: the network was exported in training mode, call model.eval() first");
  }
  return call.at(0, "input");
}

TorchValue map_native_dropout(AtenCall& call) { return first_of(map_dropout(call).tensor, 2); }

// Shares its values, or is them.
TorchValue map_same(AtenCall& call) { return TorchValue::of(call.required(0, "self")); }

constexpr AtenOperator kLayers[] = {{"conv1d", map_conv},
                                    {"conv2d", map_conv},
                                    {"conv3d", map_conv},
                                    {"conv_transpose1d", map_conv_transpose},
                                    {"conv_transpose2d", map_conv_transpose},
                                    {"conv_transpose3d", map_conv_transpose},
                                    {"_convolution", map_convolution},
                                    {"convolution", map_convolution},
                                    {"linear", map_linear},
                                    {"addmm", map_addmm},
                                    {"matmul", map_matmul},
                                    {"mm", map_mm},
                                    {"bmm", map_mm},
                                    {"baddbmm", map_baddbmm},
                                    {"batch_norm", map_batch_norm},
                                    {"_native_batch_norm_legit_no_training", map_exported_batch_norm},
                                    {"layer_norm", map_layer_norm},
                                    {"native_layer_norm", map_native_layer_norm},
                                    {"group_norm", map_group_norm},
                                    {"native_group_norm", map_native_group_norm},
                                    {"instance_norm", map_instance_norm},
                                    {"dropout", map_dropout},
                                    {"feature_dropout", map_dropout},
                                    {"alpha_dropout", map_dropout},
                                    {"native_dropout", map_native_dropout},
                                    {"contiguous", map_same},
                                    {"detach", map_same},
                                    {"alias", map_same},
                                    {"lift_fresh_copy", map_same},
                                    {"lift_fresh", map_same},
                                    {"requires_grad_", map_same},
                                    {"cpu", map_same},
                                    {"cuda", map_same}};

}  // namespace

extern const AtenFamily layers;
const AtenFamily layers{"layers", kLayers};

}  // namespace microtome::aten_families
