// SPDX-License-Identifier: Apache-2.0
// Poolings by the largest, the mean and the norm, their global forms, and MaxUnpool.
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

constexpr double kLowest = -std::numeric_limits<double>::infinity();

// Where each largest value of x [N,C,H,W] lies in the whole of it, laid out row by row or column by column.
at::Tensor places_of_largest(const OperatorCall& call, const at::Tensor& x, const Spatial& s, bool ceil) {
  const at::Tensor padded = pad_spatial(x, s.before, exact_after(s, x.sizes(), ceil), kLowest);
  const Spatial bare = without_padding(s);
  const at::Tensor place =
      std::get<1>(at::max_pool2d_with_indices(padded, bare.kernel, bare.stride, bare.before, bare.dilation, false));
  const int64_t width = padded.size(3), height = x.size(2);
  const at::Tensor row = place.div(width, "floor") - s.before[0], column = place.remainder(width) - s.before[1];
  const bool by_columns = int_attribute(call.node, "storage_order", 0) != 0;
  const at::Tensor maps = at::arange(x.size(0) * x.size(1), place.options()).reshape({x.size(0), x.size(1), 1, 1});
  return maps * (height * x.size(3)) + (by_columns ? column * height + row : row * x.size(3) + column);
}

void run_max_pool(OperatorCall& call) {
  Spatial s = spatial_attributes(call.node, {}, call.input(0).sizes());
  const bool ceil = int_attribute(call.node, "ceil_mode", 0) != 0;
  check_pool(call, s);
  const at::ScalarType type = call.inputs[0].scalar_type();
  const bool whole = at::isIntegralType(type, true);
  const at::Tensor x = as_picture(whole ? call.inputs[0].to(at::kFloat) : call.inputs[0], s);
  const at::Tensor y = aten_can_pad(s) ? max_pool(x, s, ceil)
                                       : max_pool(pad_spatial(x, s.before, exact_after(s, x.sizes(), ceil), kLowest),
                                                  without_padding(s), false);
  const auto as_given = [&](const at::Tensor& made) { return call.inputs[0].dim() == 3 ? made.squeeze(2) : made; };
  call.outputs[0] = as_given(whole ? y.to(type) : y);
  if (call.wants(1) && x.dim() == 4) call.outputs[1] = as_given(places_of_largest(call, x, s, ceil));
}

// Values back to where MaxPool found them, in a map of the size that it had read, then filled up to the size asked for.
void run_max_unpool(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const Spatial s = spatial_attributes(call.node, {}, x.sizes());
  std::vector<int64_t> shape = x.sizes().slice(0, 2).vec();
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    const int64_t length = x.size(static_cast<int64_t>(axis) + 2);
    shape.push_back((length - 1) * s.stride[axis] + s.kernel[axis] - s.before[axis] - s.after[axis]);
  }
  const std::vector<int64_t> asked = call.has(2) ? to_ints(call.inputs[2], {0, kLargestInteger}) : shape;
  call.limits.check_elements(count_elements(shape), x.element_size());
  call.limits.check_elements(count_elements(asked), x.element_size());
  if (asked.size() != shape.size() || std::ranges::any_of(shape, [](int64_t length) { return length < 1; })) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("spreads an input [{}]", fmt::join(x.sizes(), ",")),
                "check the size of the input");
  }
  const at::Tensor places = call.input(1).to(x.device(), at::kLong).reshape(-1);
  const at::Tensor flat = at::zeros(shape, x.options()).reshape(-1).scatter(0, places, x.reshape(-1));
  std::vector<int64_t> beyond;
  for (size_t axis = shape.size(); axis-- > 0;) beyond.insert(beyond.end(), {0, asked[axis] - shape[axis]});
  call.outputs[0] = at::constant_pad_nd(flat.reshape(shape), beyond, 0);
}

// The sum of each window of each channel, over any number of axes.
at::Tensor window_sums(const at::Tensor& x, const Spatial& bare) {
  std::vector<int64_t> kernel = {x.size(1), 1};
  kernel.insert(kernel.end(), bare.kernel.begin(), bare.kernel.end());
  const std::vector<int64_t> none(bare.kernel.size(), 0);
  return at::convolution(x, at::ones(kernel, x.options()), {}, bare.stride, none, bare.dilation, false, none,
                         x.size(1));
}

// The p-th root, whose slope is infinite at 0: there it is 0, and so is its gradient.
at::Tensor root(const at::Tensor& sums, double p) {
  const at::Tensor some = sums > 0;
  return at::where(some, at::where(some, sums, at::ones_like(sums)).pow(1 / p), at::zeros_like(sums));
}

void run_lp_pool(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const Spatial s = spatial_attributes(call.node, {}, x.sizes());
  const auto p = static_cast<double>(int_attribute(call.node, "p", 2, {1, kLargestInteger}));
  check_pool(call, s);
  const std::vector<int64_t> after = exact_after(s, x.sizes(), int_attribute(call.node, "ceil_mode", 0) != 0);
  call.outputs[0] = root(window_sums(pad_spatial(x.abs().pow(p), s.before, after, 0), without_padding(s)), p);
}

bool dilated(const Spatial& s) {
  return std::ranges::any_of(s.dilation, [](int64_t d) { return d != 1; });
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
  const auto total = [&](const at::Tensor& padded) {
    return dilated(s) ? window_sums(padded, bare) : average_pool(padded, bare, false, true);
  };
  return total(pad_spatial(x, s.before, after, 0)) / total(pad_spatial(ones, in_front, behind, 0));
}

void run_average_pool(OperatorCall& call) {
  Spatial s = spatial_attributes(call.node, {}, call.input(0).sizes());
  const bool ceil = int_attribute(call.node, "ceil_mode", 0) != 0;
  const bool count_padding = int_attribute(call.node, "count_include_pad", 0) != 0;
  check_pool(call, s);
  const at::Tensor x = as_picture(call.inputs[0], s);
  const at::Tensor y = aten_can_pad(s) && !dilated(s) ? average_pool(x, s, ceil, count_padding)
                                                      : average_by_ones(x, s, ceil, count_padding);
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

void run_global_lp_pool(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const auto p = static_cast<double>(int_attribute(call.node, "p", 2, {1, kLargestInteger}));
  call.outputs[0] = root(at::sum(x.abs().pow(p), at::IntArrayRef(spatial_axes(x)), true), p);
}

Window pool_window(const NodeFacts& facts) { return spatial_window(facts, {}); }

constexpr Operator kPoolingOperators[] = {
    {.name = "MaxPool",
     .run = run_max_pool,
     .window = pool_window,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kArranged},
    {.name = "AveragePool",
     .run = run_average_pool,
     .window = pool_window,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kSummed,
     .passes_rotation = always},
    {.name = "GlobalAveragePool",
     .run = run_global_average_pool,
     .window = everything,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kSummed,
     .passes_rotation = always},
    {.name = "LpPool", .run = run_lp_pool, .window = pool_window, .each_channel_alone = true},
    {.name = "MaxUnpool", .run = run_max_unpool, .window = everything},
    {.name = "GlobalLpPool", .run = run_global_lp_pool, .window = everything, .each_channel_alone = true},
    {.name = "GlobalMaxPool",
     .run = run_global_max_pool,
     .window = everything,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kArranged},
};

}  // namespace

extern const OperatorFamily pooling;
const OperatorFamily pooling{"pooling", kPoolingOperators};

}  // namespace microtome::operators
