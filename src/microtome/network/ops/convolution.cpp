// SPDX-License-Identifier: Apache-2.0
// Conv and ConvTranspose, over any number of spatial axes.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/ops/spatial.h"

namespace microtome::operators {
namespace {

c10::optional<at::Tensor> bias(const OperatorCall& call) {
  return call.has(2) ? c10::optional<at::Tensor>(call.inputs[2]) : c10::nullopt;
}

// The number of groups, once input [N,C,spatial...] and weights fit: axis `shared` of the weights counts the input's
// channels, those of one group when `of_one_group`.
int64_t checked_groups(const OperatorCall& call, int64_t shared, bool of_one_group) {
  const at::Tensor& x = call.input(0);
  const at::Tensor& weight = call.input(1);
  const int64_t groups = int_attribute(call.node, "group", 1, kWindowLengths);
  const bool formed = x.dim() >= 3 && x.dim() <= 5 && weight.dim() == x.dim() && weight.numel() > 0 && x.numel() > 0;
  const int64_t taken = formed ? weight.size(shared) * (of_one_group ? groups : 1) : 0;
  if (!formed || taken != x.size(1) || weight.size(0) % groups != 0) {
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("weights [{}] in {} groups do not fit an input [{}]", fmt::join(weight.sizes(), ","),
                            groups, fmt::join(x.sizes(), ",")),
                "check the size and the channels of the input");
  }
  return groups;
}

void run_conv(OperatorCall& call) {
  const int64_t groups = checked_groups(call, 1, true);
  at::Tensor x = call.input(0);
  const at::Tensor& weight = call.input(1);
  Spatial s = spatial_attributes(call.node, weight.sizes().slice(2), x.sizes());
  check_extent(s, x.sizes());
  const double pairs = static_cast<double>(x.size(0)) * static_cast<double>(weight.size(0) * weight.size(1));
  call.limits.check_work(pairs * window_reads(s, x.sizes()));
  if (!s.symmetric()) {
    x = pad_spatial(x, s.before, s.after, 0);
    s.before.assign(s.before.size(), 0);
  }
  const std::vector<int64_t> no_output_padding(s.kernel.size(), 0);
  call.outputs[0] =
      at::convolution(x, weight, bias(call), s.stride, s.before, s.dilation, false, no_output_padding, groups);
}

// What a transposed convolution makes beyond its input's stride, by axis.
std::vector<int64_t> output_padding(const Node& node, size_t axes) {
  std::vector<int64_t> padding = ints_attribute(node, "output_padding", kPaddings);
  padding.resize(axes, 0);
  return padding;
}

// The padding of a transposed convolution crops its output. A file may give the size instead (output_shape, or a stride
// times the input's by auto_pad); an odd cell then goes first, with SAME_UPPER last.
Spatial transposed_spatial(const Node& node, at::IntArrayRef kernel, at::IntArrayRef input) {
  const std::string automatic = string_attribute(node, "auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  Node plain = node;
  plain.attributes.erase("auto_pad");
  Spatial s = spatial_attributes(plain, kernel, input);
  std::vector<int64_t> asked = ints_attribute(node, "output_shape", {1, kLargestWindow});
  if (asked.size() > s.kernel.size()) asked.erase(asked.begin(), asked.end() - static_cast<int64_t>(s.kernel.size()));
  if (asked.empty() && !same) return s;
  const std::vector<int64_t> more = output_padding(node, s.kernel.size());
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    const int64_t wanted = axis < asked.size() ? asked[axis] : input[axis + 2] * s.stride[axis];
    const int64_t total = (input[axis + 2] - 1) * s.stride[axis] + s.extent(axis) + more[axis] - wanted;
    const int64_t cropped = std::max<int64_t>(total, 0);
    s.before[axis] = automatic == "SAME_UPPER" ? cropped / 2 : cropped - cropped / 2;
    s.after[axis] = total - s.before[axis];
  }
  return s;
}

// Run without padding, then cropped or filled up at the ends.
void run_conv_transpose(OperatorCall& call) {
  const int64_t groups = checked_groups(call, 0, false);
  const at::Tensor& x = call.input(0);
  const at::Tensor& weight = call.input(1);
  const Spatial s = transposed_spatial(call.node, weight.sizes().slice(2), x.sizes());
  const std::vector<int64_t> none(s.kernel.size(), 0);
  std::vector<int64_t> first = s.before, last = output_padding(call.node, s.kernel.size());
  double made = static_cast<double>(x.size(0)) * static_cast<double>(weight.size(1) * groups);
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    const int64_t stretched = (x.size(static_cast<int64_t>(axis) + 2) - 1) * s.stride[axis] + s.extent(axis);
    last[axis] -= s.after[axis];
    first[axis] = -s.before[axis];
    made *= static_cast<double>(stretched + std::max<int64_t>(last[axis], 0));
  }
  call.limits.check_elements(made, x.element_size());
  call.limits.check_work(static_cast<double>(x.numel()) * static_cast<double>(weight.numel() / weight.size(0)));
  const at::Tensor whole = at::convolution(x, weight, {}, s.stride, none, s.dilation, true, none, groups);
  at::Tensor y = pad_spatial(whole, first, last, 0);
  if (call.has(2)) {
    std::vector<int64_t> along(static_cast<size_t>(y.dim()), 1);
    along[1] = -1;
    y = y + call.inputs[2].reshape(along);
  }
  call.outputs[0] = y;
}

at::IntArrayRef kernel_of(const NodeFacts& facts) { return at::IntArrayRef(facts.input_shape(1)).slice(2); }

Window conv_window(const NodeFacts& facts) { return spatial_window(facts, kernel_of(facts)); }

// With stride s, output p gathers the inputs q with q * s - before <= p: a window of ceil(extent / s), moving by 1 / s.
Window conv_transpose_window(const NodeFacts& facts) {
  if (facts.input_shape(0).size() != 4) return {.everything = true};
  Window window = window_of(transposed_spatial(facts.node, kernel_of(facts), facts.input_shape(0)));
  for (size_t xy = 0; xy < 2; ++xy) {
    const int64_t stride = window.step[xy];
    const int64_t before = -window.start[xy];
    const int64_t reach = window.size[xy] - 1 - before;  // how far below p * 1 the first contributing q * stride lies
    const int64_t first = -((reach + stride - 1) / stride);
    const int64_t last = (before + stride - 1) / stride;
    window.size[xy] = last - first + 1;
    window.start[xy] = first;
    window.step[xy] = 1;
    window.shrink[xy] = stride;
  }
  return window;
}

double volume(at::IntArrayRef shape) {
  double all = 1;
  for (const int64_t length : shape) all *= static_cast<double>(length);
  return all;
}

double conv_macs(const NodeFacts& facts) {
  return volume(facts.output_shape(0)) * volume(at::IntArrayRef(facts.input_shape(1)).slice(1));
}

double conv_transpose_macs(const NodeFacts& facts) {
  return volume(facts.input_shape(0)) * volume(at::IntArrayRef(facts.input_shape(1)).slice(1));
}

int64_t conv_unit_axis(const Node&) { return 0; }

at::Tensor conv_unrotated(const Node& node, const at::Tensor& weight, const at::Tensor& q) {
  if (int_attribute(node, "group", 1) != 1) return {};
  return at::einsum("oihw,ji->ojhw", {weight, q}).contiguous();
}

constexpr Operator kConvolutionOperators[] = {
    {.name = "Conv",
     .run = run_conv,
     .window = conv_window,
     .macs = conv_macs,
     .mixes_channels = true,
     .relevance = RelevanceFlow::kWeighted,
     .learned = {1, 2},
     .unit_axis = conv_unit_axis,
     .unrotated = conv_unrotated},
    {.name = "ConvTranspose",
     .run = run_conv_transpose,
     .window = conv_transpose_window,
     .macs = conv_transpose_macs,
     .mixes_channels = true,
     .relevance = RelevanceFlow::kWeighted,
     .learned = {1, 2}},
};

}  // namespace

extern const OperatorFamily convolution;
const OperatorFamily convolution{"convolution", kConvolutionOperators};

}  // namespace microtome::operators
