// SPDX-License-Identifier: Apache-2.0
// Operators that take parts of values or put values side by side: Concat, Slice, Split, Gather, Pad.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

void run_concat(OperatorCall& call) {
  std::vector<at::Tensor> parts = {call.input(0)};
  for (size_t i = 1; i < call.inputs.size(); ++i) parts.push_back(call.input(i));
  call.outputs[0] = at::cat(parts, normal_axis(int_attribute(call.node, "axis", 1), parts[0].dim()));
}

// The slices of one node, one entry a sliced axis.
struct Slices {
  std::vector<int64_t> axes, starts, ends, steps;
};

Slices complete(Slices slices, int64_t rank) {
  const size_t count = slices.starts.size();
  if (slices.axes.empty()) {
    slices.axes.resize(count);
    std::iota(slices.axes.begin(), slices.axes.end(), 0);
  }
  if (slices.steps.empty()) slices.steps.assign(count, 1);
  if (slices.ends.size() != count || slices.axes.size() != count || slices.steps.size() != count ||
      std::count(slices.steps.begin(), slices.steps.end(), 0)) {
    throw Error(ErrorKind::kCorrupt, "", "Slice's lists do not fit together", "export the network again");
  }
  for (int64_t& axis : slices.axes) axis = normal_axis(axis, rank);
  return slices;
}

// A step beyond the length is one to the first position and out.
int64_t short_step(int64_t step, int64_t length) { return std::clamp(step, -length - 1, length + 1); }

// Backwards: the indices start, start + step ... above end.
at::Tensor slice_backwards(const at::Tensor& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  const int64_t length = x.size(axis);
  start = std::min(start < 0 ? start + length : start, length - 1);
  end = std::max(end < -length ? -1 : end < 0 ? end + length : end, int64_t{-1});
  if (start <= end) return x.narrow(axis, 0, 0);
  const at::Tensor index = at::arange(start, end, step, x.options().dtype(at::kLong));
  return x.index_select(axis, index);
}

void run_slice(OperatorCall& call) {
  at::Tensor x = call.input(0);
  const Slices s = complete(
      {ints_of(call, 3, "axes"), ints_of(call, 1, "starts", kAnyInteger), ints_of(call, 2, "ends", kAnyInteger),
       call.has(4) ? to_ints(call.inputs[4], kAnyInteger) : std::vector<int64_t>{}},
      x.dim());
  for (size_t i = 0; i < s.axes.size(); ++i) {
    const int64_t step = short_step(s.steps[i], x.size(s.axes[i]));
    x = step > 0 ? x.slice(s.axes[i], s.starts[i], s.ends[i], step)
                 : slice_backwards(x, s.axes[i], s.starts[i], s.ends[i], step);
  }
  call.outputs[0] = x;
}

std::vector<int64_t> known_ints(const NodeFacts& facts, size_t i, const std::string& attribute, IntRange range = {}) {
  const std::vector<int64_t> constant = facts.constant_ints(i, range);
  return constant.empty() ? ints_attribute(facts.node, attribute, range) : constant;
}

Window slice_window(const NodeFacts& facts) {
  const auto& shape = facts.input_shape(0);
  const auto rank = static_cast<int64_t>(shape.size());
  const Slices s = complete({known_ints(facts, 3, "axes"), known_ints(facts, 1, "starts", kAnyInteger),
                             known_ints(facts, 2, "ends", kAnyInteger), facts.constant_ints(4, kAnyInteger)},
                            rank);
  Window window{.everything = rank != 4 || s.starts.empty()};
  for (size_t i = 0; i < s.axes.size() && !window.everything; ++i) {
    const int64_t length = shape[static_cast<size_t>(s.axes[i])];
    if (s.axes[i] < 2) continue;
    if (s.steps[i] < 0) return {.everything = true};
    const auto xy = static_cast<size_t>(3 - s.axes[i]);
    window.step[xy] = short_step(s.steps[i], length);
    window.start[xy] = std::clamp<int64_t>(s.starts[i] < 0 ? s.starts[i] + length : s.starts[i], 0, length);
  }
  return window;
}

void run_split(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", 0), x.dim());
  std::vector<int64_t> lengths = ints_of(call, 1, "split");
  const auto count = static_cast<int64_t>(call.outputs.size());
  if (lengths.empty()) {
    const int64_t length = (x.size(axis) + count - 1) / count;
    lengths.assign(call.outputs.size(), length);
    lengths.back() = x.size(axis) - length * (count - 1);
  }
  if (lengths.size() != call.outputs.size()) {
    throw Error(ErrorKind::kCorrupt, "", "Split has not as many lengths as outputs", "export the network again");
  }
  int64_t start = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    call.outputs[i] = x.narrow(axis, start, lengths[i]);
    start += lengths[i];
  }
}

// Splitting and gathering channels keeps the position.
Window off_space(const NodeFacts& facts) {
  const auto rank = static_cast<int64_t>(facts.input_shape(0).size());
  return {.everything = rank < 1 || normal_axis(int_attribute(facts.node, "axis", 0), rank) >= 2};
}

void run_gather(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", 0), x.dim());
  at::Tensor index = call.input(1).to(at::kLong).to(x.device());
  index = at::where(index < 0, index + x.size(axis), index);
  std::vector<int64_t> shape = x.sizes().slice(0, static_cast<size_t>(axis)).vec();
  shape.insert(shape.end(), index.sizes().begin(), index.sizes().end());
  shape.insert(shape.end(), x.sizes().begin() + axis + 1, x.sizes().end());
  call.outputs[0] = x.index_select(axis, index.reshape(-1)).reshape(shape);
}

// The cell that a place before or behind an axis of `length` repeats.
using Repeat = int64_t (*)(int64_t place, int64_t length);

int64_t at_edge(int64_t place, int64_t length) { return std::clamp<int64_t>(place, 0, length - 1); }
int64_t around(int64_t place, int64_t length) { return (place % length + length) % length; }
int64_t mirrored(int64_t place, int64_t length) {
  const int64_t along = around(place, std::max<int64_t>(2 * (length - 1), 1));
  return std::min(along, 2 * (length - 1) - along);
}

at::Tensor pad_by(const OperatorCall& call, const std::vector<int64_t>& pads, Repeat repeat) {
  at::Tensor x = call.inputs[0];
  const auto rank = static_cast<size_t>(x.dim());
  for (size_t i = 0; i < rank; ++i) {
    const auto axis = static_cast<int64_t>(i);
    const int64_t length = x.size(axis), made = length + pads[i] + pads[i + rank];
    if (pads[i] == 0 && pads[i + rank] == 0) continue;
    if (length < 1 || made < 0) {
      throw Error(ErrorKind::kCorrupt, "", fmt::format("makes an axis of {} out of one of {}", made, length),
                  "check the size of the input");
    }
    call.limits.check_elements(static_cast<double>(x.numel() / length) * static_cast<double>(made), sizeof(int64_t));
    std::vector<int64_t> index;
    for (int64_t place = -pads[i]; place < length + pads[i + rank]; ++place) index.push_back(repeat(place, length));
    x = x.index_select(axis, at::tensor(index, at::kLong).to(x.device()));
  }
  return x;
}

// Pads for every axis: begins, then ends; opset 18 names the axes.
std::vector<int64_t> all_pads(const std::vector<int64_t>& pads, const std::vector<int64_t>& axes, size_t rank) {
  if (axes.empty() && pads.size() == 2 * rank) return pads;
  if (axes.empty() || pads.size() != 2 * axes.size()) {
    throw Error(ErrorKind::kCorrupt, "", "Pad's list does not fit its input", "export the network again");
  }
  std::vector<int64_t> all(2 * rank, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(normal_axis(axes[i], static_cast<int64_t>(rank)));
    all[axis] = pads[i];
    all[axis + rank] = pads[i + axes.size()];
  }
  return all;
}

void run_pad(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const auto rank = static_cast<size_t>(x.dim());
  const std::vector<int64_t> axes = call.has(3) ? to_ints(call.inputs[3]) : std::vector<int64_t>{};
  const std::vector<int64_t> pads = all_pads(ints_of(call, 1, "pads"), axes, rank);
  const std::string mode = string_attribute(call.node, "mode", "constant");
  if (mode == "constant") {
    std::vector<int64_t> reversed;
    for (size_t axis = rank; axis-- > 0;) {
      reversed.push_back(pads[axis]);
      reversed.push_back(pads[axis + rank]);
    }
    const double value = call.has(2) ? call.inputs[2].item<double>() : float_attribute(call.node, "value", 0.0);
    call.outputs[0] = at::constant_pad_nd(x, reversed, value);
  } else if (mode == "reflect" || mode == "edge" || mode == "wrap") {
    call.outputs[0] = pad_by(call, pads, mode == "edge" ? at_edge : mode == "wrap" ? around : mirrored);
  } else {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("Pad with mode \"{}\" is not supported", mode), "");
  }
}

// Mirrored and repeated cells come from further in: only constant padding keeps a window.
Window pad_window(const NodeFacts& facts) {
  const size_t rank = facts.input_shape(0).size();
  const std::vector<int64_t> given = known_ints(facts, 1, "pads");
  if (rank != 4 || given.empty()) return {.everything = true};
  const std::vector<int64_t> pads = all_pads(given, facts.constant_ints(3), rank);
  const bool constant = string_attribute(facts.node, "mode", "constant") == "constant";
  if (!constant && (pads[2] || pads[3] || pads[6] || pads[7])) return {.everything = true};
  return {.start = {-pads[3], -pads[2]}};
}

Window concat_window(const NodeFacts& facts) {
  const auto rank = static_cast<int64_t>(facts.input_shape(0).size());
  return {.everything = rank < 1 || normal_axis(int_attribute(facts.node, "axis", 1), rank) >= 2};
}

constexpr Operator kSelectionOperators[] = {
    {.name = "Concat",
     .run = run_concat,
     .window = concat_window,
     .joins_inputs = true,
     .relevance = RelevanceFlow::kArranged},
    {.name = "Slice", .run = run_slice, .window = slice_window, .relevance = RelevanceFlow::kArranged},
    {.name = "Split", .run = run_split, .window = off_space, .relevance = RelevanceFlow::kArranged},
    {.name = "Gather", .run = run_gather, .window = off_space, .relevance = RelevanceFlow::kArranged},
    {.name = "Pad", .run = run_pad, .window = pad_window, .relevance = RelevanceFlow::kArranged},
};

}  // namespace

extern const OperatorFamily selection;
const OperatorFamily selection{"selection", kSelectionOperators};

}  // namespace microtome::operators
