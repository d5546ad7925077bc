// SPDX-License-Identifier: Apache-2.0
// Pooling, resampling, padding.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/network/aten/aten.h"

namespace microtome::aten_families {
namespace {

std::vector<int64_t> repeated_ends(const std::vector<int64_t>& pads) {
  std::vector<int64_t> ends = pads;
  ends.insert(ends.end(), pads.begin(), pads.end());
  return ends;
}

size_t pooled_axes(AtenCall& call, const TorchTensorPtr& x) {
  const char digit = call.name().find("1d") != std::string::npos   ? 1
                     : call.name().find("3d") != std::string::npos ? 3
                                                                   : 2;
  if (x->now.dim() != digit + 2) call.misfit(fmt::format("pools an input of {} axes", x->now.dim()));
  return static_cast<size_t>(digit);
}

// self, kernel_size, stride, padding, dilation, ceil_mode
TorchTensorPtr max_pooled(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "self");
  const size_t axes = pooled_axes(call, x);
  const std::vector<int64_t> kernel = call.each(1, "kernel_size", axes, 1);
  const bool own_stride = !call.integers(2, "stride").empty();
  return call.node("MaxPool", {x},
                   {{"kernel_shape", kernel},
                    {"strides", own_stride ? call.each(2, "stride", axes, 1) : kernel},
                    {"pads", repeated_ends(call.each(3, "padding", axes, 0))},
                    {"dilations", call.each(4, "dilation", axes, 1)},
                    {"ceil_mode", int64_t{call.flag(5, "ceil_mode")}}});
}

TorchValue map_max_pool(AtenCall& call) { return TorchValue::of(max_pooled(call)); }
TorchValue map_max_pool_with_places(AtenCall& call) {
  return TorchValue::several(TorchKind::kTuple, {TorchValue::of(max_pooled(call)), {}});
}

// self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
TorchValue map_avg_pool(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "self");
  const size_t axes = pooled_axes(call, x);
  const std::vector<int64_t> kernel = call.each(1, "kernel_size", axes, 1);
  if (call.has(6, "divisor_override")) call.refuse("with a divisor of its own is not read");
  const bool own_stride = !call.integers(2, "stride").empty();
  return TorchValue::of(call.node("AveragePool", {x},
                                  {{"kernel_shape", kernel},
                                   {"strides", own_stride ? call.each(2, "stride", axes, 1) : kernel},
                                   {"pads", repeated_ends(call.each(3, "padding", axes, 0))},
                                   {"ceil_mode", int64_t{call.flag(4, "ceil_mode")}},
                                   {"count_include_pad", int64_t{call.flag(5, "count_include_pad", true)}}}));
}

// Windows of equal lengths; PyTorch's are such where the length is a multiple of the one asked for.
TorchTensorPtr adaptive(AtenCall& call, const std::string& global, const std::string& windowed) {
  const TorchTensorPtr x = call.required(0, "self");
  const size_t axes = pooled_axes(call, x);
  std::vector<TorchValue> asked;
  const TorchValue& given = call.at(1, "output_size");
  if (given.sequence()) asked = *given.items;
  if (asked.empty()) asked.assign(axes, given);
  if (asked.size() == 1) asked.assign(axes, asked[0]);
  std::vector<int64_t> kernel;
  bool one = true, same = true;
  for (size_t i = 0; i < axes && i < asked.size(); ++i) {
    const int64_t length = x->now.size(static_cast<int64_t>(i) + 2);
    const int64_t wanted = asked[i].none() ? length : number_of(asked[i]).integer;
    if (wanted < 1 || length % wanted != 0) {
      call.misfit(
          fmt::format("cannot divide a map of {} into {} windows of one length: give a side of the input with "
                      "which it can (`preprocess`)",
                      length, wanted));
    }
    kernel.push_back(length / wanted);
    one = one && wanted == 1;
    same = same && wanted == length;
  }
  if (kernel.size() != axes) call.refuse("asks for a shape of other axes");
  if (one) return call.node(global, {x});
  return same ? x : call.node(windowed, {x}, {{"kernel_shape", kernel}, {"strides", kernel}});
}

TorchValue map_adaptive_avg_pool(AtenCall& call) {
  return TorchValue::of(adaptive(call, "GlobalAveragePool", "AveragePool"));
}
TorchValue map_adaptive_max_pool(AtenCall& call) {
  const TorchTensorPtr made = adaptive(call, "GlobalMaxPool", "MaxPool");
  return TorchValue::several(TorchKind::kTuple, {TorchValue::of(made), {}});
}

// self, output_size, [align_corners,] scale_factors or one scale an axis. What is given decides the coordinates too.
TorchTensorPtr resampled(AtenCall& call, std::map<std::string, Attribute> attributes, size_t scales_at) {
  const TorchTensorPtr x = call.required(0, "self");
  const auto axes = static_cast<size_t>(std::max<int64_t>(x->now.dim() - 2, 0));
  std::vector<float> scales = {1, 1};
  const TorchValue& list = call.at(scales_at, "scale_factors");
  for (size_t i = 0; i < axes; ++i) {
    const TorchValue* one = nullptr;
    if (list.sequence() && i < list.items->size()) one = &(*list.items)[i];
    if (list.numeric() || (list.none() && call.count() > scales_at + 1)) {
      one = &call.at(scales_at + i, i == 0 ? "scales_h" : "scales_w");
    }
    if (one != nullptr && !one->none()) scales.push_back(static_cast<float>(number_of(*one).as_number()));
  }
  if (scales.size() == axes + 2) {
    const TorchTensorPtr factors = TorchGraph::known(at::tensor(scales, at::kFloat));
    return call.node("Resize", {x, nullptr, factors}, std::move(attributes), "resize");
  }
  std::vector<int64_t> sizes = x->now.sizes().slice(0, 2).vec();
  for (const int64_t length : call.each(1, "output_size", axes, 0)) sizes.push_back(length);
  return call.node("Resize", {x, nullptr, nullptr, AtenCall::whole_numbers(sizes)}, std::move(attributes), "resize");
}

TorchValue map_upsample_nearest(AtenCall& call) {
  return TorchValue::of(resampled(call,
                                  {{"mode", std::string("nearest")},
                                   {"coordinate_transformation_mode", std::string("asymmetric")},
                                   {"nearest_mode", std::string("floor")}},
                                  2));
}

TorchTensorPtr upsampled(AtenCall& call, const char* mode, bool antialias) {
  const bool corners = call.flag(2, "align_corners");
  return resampled(call,
                   {{"mode", std::string(mode)},
                    {"coordinate_transformation_mode", std::string(corners ? "align_corners" : "pytorch_half_pixel")},
                    {"antialias", int64_t{antialias}}},
                   3);
}

TorchValue map_upsample_linear(AtenCall& call) { return TorchValue::of(upsampled(call, "linear", false)); }
TorchValue map_upsample_linear_smooth(AtenCall& call) { return TorchValue::of(upsampled(call, "linear", true)); }
TorchValue map_upsample_cubic(AtenCall& call) { return TorchValue::of(upsampled(call, "cubic", false)); }

TorchTensorPtr padded(AtenCall& call, const std::string& mode, double value) {
  const TorchTensorPtr x = call.required(0, "self");
  const std::vector<int64_t> pairs = call.integers(1, "pad");  // of the last axis first
  const int64_t rank = x->now.dim();
  if (pairs.size() % 2 != 0 || static_cast<int64_t>(pairs.size()) > 2 * rank) call.refuse("pads other axes");
  if (std::all_of(pairs.begin(), pairs.end(), [](int64_t n) { return n == 0; })) return x;
  std::vector<int64_t> pads(2 * static_cast<size_t>(rank), 0);
  for (size_t i = 0; i < pairs.size() / 2; ++i) {
    const size_t axis = static_cast<size_t>(rank) - 1 - i;
    pads[axis] = pairs[2 * i];
    pads[axis + static_cast<size_t>(rank)] = pairs[2 * i + 1];
  }
  std::vector<TorchTensorPtr> inputs = {x, AtenCall::whole_numbers(pads)};
  if (mode == "constant") inputs.push_back(AtenCall::scalar(value));
  return call.node("Pad", std::move(inputs), {{"mode", mode}});
}

// self, pad, mode, value
TorchValue map_pad(AtenCall& call) {
  const std::string mode = call.text(2, "mode", "constant");
  const std::string known = mode == "replicate" ? "edge" : mode == "circular" ? "wrap" : mode;
  return TorchValue::of(padded(call, known, call.number(3, "value", 0)));
}

TorchValue map_constant_pad(AtenCall& call) {
  return TorchValue::of(padded(call, "constant", call.number(2, "value", 0)));
}
TorchValue map_reflection_pad(AtenCall& call) { return TorchValue::of(padded(call, "reflect", 0)); }
TorchValue map_replication_pad(AtenCall& call) { return TorchValue::of(padded(call, "edge", 0)); }

TorchValue map_pixel_shuffle(AtenCall& call) {
  return TorchValue::of(call.node("DepthToSpace", {call.required(0, "self")},
                                  {{"blocksize", call.integer(1, "upscale_factor")}, {"mode", std::string("CRD")}}));
}

constexpr AtenOperator kSpatial[] = {{"max_pool1d", map_max_pool},
                                     {"max_pool2d", map_max_pool},
                                     {"max_pool3d", map_max_pool},
                                     {"max_pool2d_with_indices", map_max_pool_with_places},
                                     {"max_pool1d_with_indices", map_max_pool_with_places},
                                     {"avg_pool1d", map_avg_pool},
                                     {"avg_pool2d", map_avg_pool},
                                     {"avg_pool3d", map_avg_pool},
                                     {"adaptive_avg_pool1d", map_adaptive_avg_pool},
                                     {"adaptive_avg_pool2d", map_adaptive_avg_pool},
                                     {"_adaptive_avg_pool2d", map_adaptive_avg_pool},
                                     {"adaptive_avg_pool3d", map_adaptive_avg_pool},
                                     {"adaptive_max_pool1d", map_adaptive_max_pool},
                                     {"adaptive_max_pool2d", map_adaptive_max_pool},
                                     {"upsample_nearest1d", map_upsample_nearest},
                                     {"upsample_nearest2d", map_upsample_nearest},
                                     {"upsample_linear1d", map_upsample_linear},
                                     {"upsample_bilinear2d", map_upsample_linear},
                                     {"_upsample_bilinear2d_aa", map_upsample_linear_smooth},
                                     {"upsample_bicubic2d", map_upsample_cubic},
                                     {"pad", map_pad},
                                     {"constant_pad_nd", map_constant_pad},
                                     {"reflection_pad1d", map_reflection_pad},
                                     {"reflection_pad2d", map_reflection_pad},
                                     {"replication_pad1d", map_replication_pad},
                                     {"replication_pad2d", map_replication_pad},
                                     {"pixel_shuffle", map_pixel_shuffle}};

}  // namespace

extern const AtenFamily spatial;
const AtenFamily spatial{"spatial", kSpatial};

}  // namespace microtome::aten_families
