// SPDX-License-Identifier: Apache-2.0
// Operators that only lay values out anew: Reshape, Flatten, Transpose, Squeeze, Identity, Dropout ...
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

void run_identity(OperatorCall& call) { call.outputs[0] = call.input(0); }

// In training the drawn mask is libtorch's own generator's.
void run_dropout(OperatorCall& call) {
  const double ratio = call.has(1) ? call.inputs[1].item<double>() : float_attribute(call.node, "ratio", 0.5);
  call.outputs[0] = call.training ? at::dropout(call.input(0), ratio, true) : call.input(0);
  if (call.wants(1)) call.outputs[1] = at::ones_like(call.inputs[0], at::kBool);
}

void run_flatten(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t axis = int_attribute(call.node, "axis", 1);
  const int64_t from = axis == x.dim() ? axis : normal_axis(axis, x.dim());
  int64_t rows = 1, columns = 1;
  for (int64_t i = 0; i < x.dim(); ++i) (i < from ? rows : columns) *= x.size(i);
  call.outputs[0] = x.reshape({rows, columns});
}

void run_reshape(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  std::vector<int64_t> shape = ints_of(call, 1, "shape");
  if (!int_attribute(call.node, "allowzero", 0)) {
    for (size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0) shape[i] = x.size(static_cast<int64_t>(i));
    }
  }
  call.outputs[0] = x.reshape(shape);
}

void run_transpose(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  std::vector<int64_t> order = ints_attribute(call.node, "perm");
  if (order.empty()) {
    for (int64_t axis = x.dim(); axis-- > 0;) order.push_back(axis);
  }
  call.outputs[0] = x.permute(order);
}

std::vector<int64_t> sorted_axes(const OperatorCall& call, int64_t rank) {
  std::vector<int64_t> axes = ints_of(call, 1, "axes");
  for (int64_t& axis : axes) axis = normal_axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  return axes;
}

void run_squeeze(OperatorCall& call) {
  at::Tensor x = call.input(0);
  std::vector<int64_t> axes = sorted_axes(call, x.dim());
  if (axes.empty()) {
    call.outputs[0] = x.squeeze();
    return;
  }
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) x = x.squeeze(*axis);
  call.outputs[0] = x;
}

void run_unsqueeze(OperatorCall& call) {
  at::Tensor x = call.input(0);
  const auto count = static_cast<int64_t>(ints_of(call, 1, "axes").size());
  if (x.dim() + count > kMostAxes) {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("adds {} axes", count), "export the network again");
  }
  for (const int64_t axis : sorted_axes(call, x.dim() + count)) x = x.unsqueeze(axis);
  call.outputs[0] = x;
}

void run_expand(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const std::vector<int64_t> shape = at::infer_size(x.sizes(), to_ints(call.input(1)));
  call.limits.check_elements(count_elements(shape), x.element_size());
  call.outputs[0] = x.expand(shape);
}

void run_tile(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const std::vector<int64_t> times = to_ints(call.input(1), {0, kLargestInteger});
  call.limits.check_elements(count_elements(x.sizes()) * count_elements(times), x.element_size());
  if (static_cast<int64_t>(times.size()) != x.dim()) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("has {} counts for {} axes", times.size(), x.dim()),
                "export the network again");
  }
  call.outputs[0] = x.repeat(times);
}

// Channel (i * block + j) * C + c holds channel c of row i and column j of the blocks.
void run_space_to_depth(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t block = int_attribute(call.node, "blocksize", 1, kWindowLengths);
  if (x.dim() != 4 || x.size(2) % block != 0 || x.size(3) % block != 0) {
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("has no blocks of {} in an input [{}]", block, fmt::join(x.sizes(), ",")),
                "check the size of the pictures");
  }
  const int64_t n = x.size(0), c = x.size(1), h = x.size(2) / block, w = x.size(3) / block;
  const at::Tensor y = x.reshape({n, c, h, block, w, block}).permute({0, 3, 5, 1, 2, 4});
  call.outputs[0] = y.reshape({n, c * block * block, h, w});
}

Window space_to_depth_window(const NodeFacts& facts) {
  const int64_t block = int_attribute(facts.node, "blocksize", 1, kWindowLengths);
  return {.size = {block, block}, .step = {block, block}};
}

void run_depth_to_space(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t block = int_attribute(call.node, "blocksize", 1, kWindowLengths);
  if (x.dim() != 4 || x.size(1) % (block * block) != 0) {
    throw Error(
        ErrorKind::kCorrupt, "",
        fmt::format("has no {} x {} channels a block in an input [{}]", block, block, fmt::join(x.sizes(), ",")),
        "export the network again");
  }
  const int64_t n = x.size(0), c = x.size(1) / (block * block), h = x.size(2), w = x.size(3);
  const bool channels_first = string_attribute(call.node, "mode", "DCR") == "CRD";
  const at::Tensor y = channels_first ? x.reshape({n, c, block, block, h, w}).permute({0, 1, 4, 2, 5, 3})
                                      : x.reshape({n, block, block, c, h, w}).permute({0, 3, 4, 1, 5, 2});
  call.outputs[0] = y.reshape({n, c, h * block, w * block});
}

Window depth_to_space_window(const NodeFacts& facts) {
  const int64_t block = int_attribute(facts.node, "blocksize", 1, kWindowLengths);
  return {.shrink = {block, block}};
}

// A network runs in one precision: a cast between floating types changes nothing.
void run_cast(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const at::ScalarType type = element_type(int_attribute(call.node, "to", 0));
  call.outputs[0] = at::isFloatingType(type) && x.is_floating_point() ? x : x.to(type);
}

void run_cast_like(OperatorCall& call) {
  const at::Tensor &x = call.input(0), like = call.input(1);
  call.outputs[0] = like.is_floating_point() && x.is_floating_point() ? x : x.to(like.scalar_type());
}

constexpr Operator unchanged(std::string_view name, void (*run)(OperatorCall&),
                             bool (*passes_rotation)(const NodeFacts&)) {
  return {.name = name,
          .run = run,
          .window = same_position,
          .hands_on = true,
          .each_channel_alone = true,
          .relevance = RelevanceFlow::kArranged,
          .passes_rotation = passes_rotation};
}

constexpr Operator arranged(std::string_view name, void (*run)(OperatorCall&), Window (*window)(const NodeFacts&),
                            bool (*passes_rotation)(const NodeFacts&)) {
  return {.name = name,
          .run = run,
          .window = window,
          .hands_on = true,
          .relevance = RelevanceFlow::kArranged,
          .passes_rotation = passes_rotation};
}

constexpr Operator kArrangementOperators[] = {
    unchanged("Identity", run_identity, always),
    unchanged("Dropout", run_dropout, always),
    unchanged("Cast", run_cast, nullptr),
    unchanged("CastLike", run_cast_like, nullptr),
    arranged("Flatten", run_flatten, by_layout, with_one_position),
    {.name = "Reshape",
     .run = run_reshape,
     .window = by_layout,
     .hands_on = true,
     .has_target_shape = true,
     .relevance = RelevanceFlow::kArranged,
     .passes_rotation = with_one_position},
    arranged("Transpose", run_transpose, everything, nullptr),
    arranged("Squeeze", run_squeeze, by_layout, with_one_position),
    arranged("Unsqueeze", run_unsqueeze, by_layout, nullptr),
    {.name = "Expand", .run = run_expand, .window = by_layout, .relevance = RelevanceFlow::kArranged},
    {.name = "Tile", .run = run_tile, .window = by_layout, .relevance = RelevanceFlow::kArranged},
    {.name = "SpaceToDepth",
     .run = run_space_to_depth,
     .window = space_to_depth_window,
     .relevance = RelevanceFlow::kArranged},
    {.name = "DepthToSpace",
     .run = run_depth_to_space,
     .window = depth_to_space_window,
     .relevance = RelevanceFlow::kArranged},
};

}  // namespace

extern const OperatorFamily arrangement;
const OperatorFamily arrangement{"arrangement", kArrangementOperators};

}  // namespace microtome::operators
