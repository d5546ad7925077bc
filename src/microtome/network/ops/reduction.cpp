// SPDX-License-Identifier: Apache-2.0
// Sums, means and extremes over axes.
#include <ATen/ATen.h>

#include <algorithm>

#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::IntArrayRef;
using at::Tensor;

Tensor sum(const Tensor& x, IntArrayRef axes, bool keep) { return at::sum(x, axes, keep); }
Tensor mean(const Tensor& x, IntArrayRef axes, bool keep) { return at::mean(x, axes, keep); }
Tensor highest(const Tensor& x, IntArrayRef axes, bool keep) { return at::amax(x, axes, keep); }
Tensor lowest(const Tensor& x, IntArrayRef axes, bool keep) { return at::amin(x, axes, keep); }
Tensor absolute_sum(const Tensor& x, IntArrayRef axes, bool keep) { return at::sum(x.abs(), axes, keep); }
Tensor log_sum(const Tensor& x, IntArrayRef axes, bool keep) { return at::sum(x, axes, keep).log(); }
Tensor square_sum(const Tensor& x, IntArrayRef axes, bool keep) { return at::sum(x * x, axes, keep); }
Tensor length(const Tensor& x, IntArrayRef axes, bool keep) { return square_sum(x, axes, keep).sqrt(); }
Tensor log_sum_exp(const Tensor& x, IntArrayRef axes, bool keep) { return at::logsumexp(x, axes, keep); }
Tensor product(const Tensor& x, IntArrayRef axes, bool keep) {
  Tensor result = x;
  std::vector<int64_t> order = axes.vec();
  std::sort(order.rbegin(), order.rend());
  for (const int64_t axis : order) result = at::prod(result, axis, keep);
  return result;
}

template <Tensor (*kFunction)(const Tensor&, IntArrayRef, bool)>
void run(OperatorCall& call) {
  const Tensor& x = call.input(0);
  std::vector<int64_t> axes = ints_of(call, 1, "axes");
  if (axes.empty() && int_attribute(call.node, "noop_with_empty_axes", 0)) {
    call.outputs[0] = x;
    return;
  }
  for (int64_t& axis : axes) axis = normal_axis(axis, x.dim());
  if (axes.empty()) {
    for (int64_t axis = 0; axis < x.dim(); ++axis) axes.push_back(axis);
  }
  call.outputs[0] = kFunction(x, axes, int_attribute(call.node, "keepdims", 1) != 0);
}

// Of equal values the first, or the last where the file says so.
template <Tensor (*kFunction)(const Tensor&, c10::optional<int64_t>, bool)>
void run_arg(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", 0), x.dim());
  const bool keep = int_attribute(call.node, "keepdims", 1) != 0;
  const bool last = int_attribute(call.node, "select_last_index", 0) != 0;
  const Tensor found = kFunction(last ? x.flip(axis) : x, axis, keep);
  call.outputs[0] = last ? x.size(axis) - 1 - found : found;
}

Window window(const NodeFacts& facts) {
  const auto rank = static_cast<int64_t>(facts.input_shape(0).size());
  std::vector<int64_t> axes = facts.constant_ints(1);
  if (axes.empty()) axes = ints_attribute(facts.node, "axes");
  const bool keeps = int_attribute(facts.node, "keepdims", 1) != 0;
  const bool off_space = keeps && !axes.empty() && std::all_of(axes.begin(), axes.end(), [&](int64_t axis) {
                           return normal_axis(axis, rank) < 2;
                         });
  return {.everything = !off_space};
}

constexpr Operator kReductionOperators[] = {
    {.name = "ReduceSum", .run = run<sum>, .window = window, .relevance = RelevanceFlow::kSummed},
    {.name = "ReduceMean",
     .run = run<mean>,
     .window = window,
     .relevance = RelevanceFlow::kSummed,
     .passes_rotation = always},
    {.name = "ReduceMax", .run = run<highest>, .window = window, .relevance = RelevanceFlow::kArranged},
    {.name = "ReduceMin", .run = run<lowest>, .window = window},
    {.name = "ReduceProd", .run = run<product>, .window = window},
    {.name = "ReduceL1", .run = run<absolute_sum>, .window = window},
    {.name = "ReduceL2", .run = run<length>, .window = window},
    {.name = "ReduceSumSquare", .run = run<square_sum>, .window = window},
    {.name = "ReduceLogSumExp", .run = run<log_sum_exp>, .window = window},
    {.name = "ReduceLogSum", .run = run<log_sum>, .window = window},
    {.name = "ArgMax", .run = run_arg<at::argmax>, .window = everything},
    {.name = "ArgMin", .run = run_arg<at::argmin>, .window = everything},
};

}  // namespace

extern const OperatorFamily reduction;
const OperatorFamily reduction{"reduction", kReductionOperators};

}  // namespace microtome::operators
