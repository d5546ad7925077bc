// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/ops/spatial.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {
namespace {

void check(const std::vector<int64_t>& list, size_t count, int64_t least, const char* name) {
  const bool small = std::any_of(list.begin(), list.end(), [&](int64_t item) { return item < least; });
  if (list.size() != count || small) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("{} must be {} integers of at least {}", name, count, least),
                "export the network again");
  }
}

// SAME_UPPER and SAME_LOWER: output = ceil(input / stride); the odd cell goes after or before.
void pad_to_same(Spatial& s, at::IntArrayRef input, bool upper) {
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    const int64_t length = input[axis + 2];
    const int64_t out = (length + s.stride[axis] - 1) / s.stride[axis];
    const int64_t total = std::max<int64_t>((out - 1) * s.stride[axis] + s.extent(axis) - length, 0);
    s.before[axis] = upper ? total / 2 : total - total / 2;
    s.after[axis] = total - s.before[axis];
  }
}

}  // namespace

Spatial spatial_attributes(const Node& node, at::IntArrayRef kernel, at::IntArrayRef input) {
  const size_t rank = input.size() < 2 ? 0 : input.size() - 2;
  Spatial s;
  s.kernel = kernel.empty() ? ints_attribute(node, "kernel_shape", kWindowLengths) : kernel.vec();
  s.stride = ints_attribute(node, "strides", kWindowLengths);
  s.dilation = ints_attribute(node, "dilations", kWindowLengths);
  std::vector<int64_t> pads = ints_attribute(node, "pads", kPaddings);
  if (s.stride.empty()) s.stride.assign(rank, 1);
  if (s.dilation.empty()) s.dilation.assign(rank, 1);
  if (pads.empty()) pads.assign(2 * rank, 0);
  check(s.kernel, rank, 1, "the kernel");
  check(s.stride, rank, 1, "strides");
  check(s.dilation, rank, 1, "dilations");
  check(pads, 2 * rank, 0, "pads");
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  s.before.assign(pads.begin(), middle);
  s.after.assign(middle, pads.end());
  const std::string automatic = string_attribute(node, "auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") pad_to_same(s, input, automatic == "SAME_UPPER");
  return s;
}

double window_reads(const Spatial& s, at::IntArrayRef input) {
  double reads = 1;
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    const int64_t padded = input[axis + 2] + s.before[axis] + s.after[axis];
    const int64_t positions = std::max<int64_t>(padded - s.extent(axis), 0) / s.stride[axis] + 1;
    reads *= static_cast<double>(positions) * static_cast<double>(std::min(s.kernel[axis], padded));
  }
  return reads;
}

void check_extent(const Spatial& s, at::IntArrayRef input) {
  for (size_t axis = 0; axis < s.kernel.size(); ++axis) {
    if (s.extent(axis) <= input[axis + 2] + s.before[axis] + s.after[axis]) continue;
    throw Error(ErrorKind::kCorrupt, "", "the kernel is larger than the padded input", "enlarge the input");
  }
}

at::Tensor pad_spatial(const at::Tensor& x, const std::vector<int64_t>& before, const std::vector<int64_t>& after,
                       double value) {
  std::vector<int64_t> pads;  // ATen lists the last axis first.
  for (size_t axis = before.size(); axis-- > 0;) {
    pads.push_back(before[axis]);
    pads.push_back(after[axis]);
  }
  return at::constant_pad_nd(x, pads, value);
}

Window spatial_window(const NodeFacts& facts, at::IntArrayRef kernel) {
  const auto& input = facts.input_shape(0);
  return input.size() == 4 ? window_of(spatial_attributes(facts.node, kernel, input)) : Window{.everything = true};
}

Window window_of(const Spatial& s) {
  Window window;
  for (size_t xy = 0; xy < 2; ++xy) {
    const size_t axis = 1 - xy;  // x is the last axis
    window.size[xy] = s.extent(axis);
    window.step[xy] = s.stride[axis];
    window.start[xy] = -s.before[axis];
  }
  return window;
}

}  // namespace microtome
