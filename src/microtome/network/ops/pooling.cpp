// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool and their global forms.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/network/ops/spatial.h"

namespace microtome::operators {
namespace {

// Adds a y axis of length 1 to [N,C,W], so that ATen sees pictures.
at::Tensor as_picture(const at::Tensor& x, Spatial& s) {
  if (x.dim() != 3) return x;
  for (auto* list : {&s.kernel, &s.stride, &s.dilation}) list->insert(list->begin(), 1);
  for (auto* list : {&s.before, &s.after}) list->insert(list->begin(), 0);
  return x.unsqueeze(2);
}

at::Tensor max_pool(const at::Tensor& x, const Spatial& s, bool ceil) {
  if (x.dim() == 5) return at::max_pool3d(x, s.kernel, s.stride, s.before, s.dilation, ceil);
  return at::max_pool2d(x, s.kernel, s.stride, s.before, s.dilation, ceil);
}

at::Tensor average_pool(const at::Tensor& x, const Spatial& s, bool ceil, bool count_padding) {
  if (x.dim() == 5) return at::avg_pool3d(x, s.kernel, s.stride, s.before, ceil, count_padding);
  return at::avg_pool2d(x, s.kernel, s.stride, s.before, ceil, count_padding);
}

void check_pool(const OperatorCall& call, const Spatial& s) {
  const at::Tensor& x = call.input(0);
  if (x.dim() < 3 || x.dim() > 5 || x.numel() == 0) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("pools an input [{}]", fmt::join(x.sizes(), ",")),
                "check the size of the input");
  }
  // A comparison takes ATen's pooling as long as 64 multiply-adds its convolution.
  constexpr double kCost = 64;
  call.limits.check_work(kCost * static_cast<double>(x.size(0) * x.size(1)) * window_reads(s, x.sizes()));
}

// ATen wants equal sides and at most half a kernel of padding.
bool aten_can_pad(const Spatial& s) {
  bool small = s.symmetric();
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) small = small && s.before[axis] <= s.kernel[axis] / 2;
  return small;
}

// The amounts after each axis that make a pooling without padding and ceiling give exactly ONNX's output positions; a
// last window of ceil_mode that would begin behind the input and its first padding is none.
std::vector<int64_t> exact_after(const Spatial& s, at::IntArrayRef input, bool ceil) {
  std::vector<int64_t> after(s.kernel.size());
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    const int64_t length = input[axis + 2];
    const int64_t room = length + s.before[axis] + s.after[axis] - s.extent(axis);
    if (room < 0)
      throw Error(ErrorKind::kCorrupt, "", "the kernel is larger than the padded input", "enlarge the input");
    int64_t out = (room + (ceil ? s.stride[axis] - 1 : 0)) / s.stride[axis] + 1;
    if (ceil && (out - 1) * s.stride[axis] >= length + s.before[axis]) --out;
    after[axis] = (out - 1) * s.stride[axis] + s.extent(axis) - length - s.before[axis];
  }
  return after;
}

Spatial without_padding(Spatial s) {
  s.before.assign(s.before.size(), 0);
  s.after = s.before;
  return s;
}

void run_max_pool(OperatorCall& call) {
  if (call.wants(1)) {
    throw Error(ErrorKind::kUnsupported, "", "MaxPool's second output (indices) is not supported",
                "export the network without unpooling");
  }
  Spatial s = spatial_attributes(call.node, {}, call.input(0).sizes());
  const bool ceil = int_attribute(call.node, "ceil_mode", 0) != 0;
  check_pool(call, s);
  const at::Tensor x = as_picture(call.inputs[0], s);
  at::Tensor y;
  if (aten_can_pad(s)) {
    y = max_pool(x, s, ceil);
  } else {
    const double lowest = -std::numeric_limits<double>::infinity();
    y = max_pool(pad_spatial(x, s.before, exact_after(s, x.sizes(), ceil), lowest), without_padding(s), false);
  }
  call.outputs[0] = call.inputs[0].dim() == 3 ? y.squeeze(2) : y;
}

// Unequal sides: average with zeros beside the input, divided by the same average of ones that mark what counts.
at::Tensor average_by_ones(const at::Tensor& x, const Spatial& s, bool ceil, bool count_padding) {
  const std::vector<int64_t> after = exact_after(s, x.sizes(), ceil);
  std::vector<int64_t> one_shape = x.sizes().vec();
  one_shape[0] = one_shape[1] = 1;
  at::Tensor ones = at::ones(one_shape, x.options());
  std::vector<int64_t> behind = after;
  std::vector<int64_t> in_front = s.before;
  if (count_padding) {
    ones = pad_spatial(ones, s.before, s.after, 1);
    for (size_t axis = 0; axis < behind.size(); ++axis) behind[axis] -= s.after[axis];
    in_front.assign(in_front.size(), 0);
  }
  const Spatial bare = without_padding(s);
  const at::Tensor sums = average_pool(pad_spatial(x, s.before, after, 0), bare, false, true);
  return sums / average_pool(pad_spatial(ones, in_front, behind, 0), bare, false, true);
}

void run_average_pool(OperatorCall& call) {
  Spatial s = spatial_attributes(call.node, {}, call.input(0).sizes());
  const bool ceil = int_attribute(call.node, "ceil_mode", 0) != 0;
  const bool count_padding = int_attribute(call.node, "count_include_pad", 0) != 0;
  if (std::any_of(s.dilation.begin(), s.dilation.end(), [](int64_t d) { return d != 1; })) {
    throw Error(ErrorKind::kUnsupported, "", "AveragePool with dilations is not supported", "");
  }
  check_pool(call, s);
  const at::Tensor x = as_picture(call.inputs[0], s);
  const at::Tensor y =
      aten_can_pad(s) ? average_pool(x, s, ceil, count_padding) : average_by_ones(x, s, ceil, count_padding);
  call.outputs[0] = call.inputs[0].dim() == 3 ? y.squeeze(2) : y;
}

std::vector<int64_t> spatial_axes(const at::Tensor& x) {
  std::vector<int64_t> axes;
  for (int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  return axes;
}

void run_global_average_pool(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  call.outputs[0] = at::mean(x, at::IntArrayRef(spatial_axes(x)), true);
}

void run_global_max_pool(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  call.outputs[0] = at::amax(x, spatial_axes(x), true);
}

Window pool_window(const NodeFacts& facts) { return spatial_window(facts, {}); }

constexpr Operator kPoolingOperators[] = {
    {.name = "MaxPool", .run = run_max_pool, .window = pool_window, .each_channel_alone = true},
    {.name = "AveragePool",
     .run = run_average_pool,
     .window = pool_window,
     .each_channel_alone = true,
     .passes_rotation = always},
    {.name = "GlobalAveragePool",
     .run = run_global_average_pool,
     .window = everything,
     .each_channel_alone = true,
     .passes_rotation = always},
    {.name = "GlobalMaxPool", .run = run_global_max_pool, .window = everything, .each_channel_alone = true},
};

}  // namespace

extern const OperatorFamily pooling;
const OperatorFamily pooling{"pooling", kPoolingOperators};

}  // namespace microtome::operators
