// SPDX-License-Identifier: Apache-2.0
// Operators that go by indices: which values to take, where to put them, which are largest.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

[[noreturn]] void indices_do_not_fit(const OperatorCall& call, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "", fmt::format("{} of {}", what, call.node.op), "export the network again");
}

int64_t axis_of(const OperatorCall& call, int64_t fallback) {
  return normal_axis(int_attribute(call.node, "axis", fallback), call.input(0).dim());
}

// Indices may count from the end.
Tensor from_start(const Tensor& index, int64_t length, const Tensor& where_used) {
  const Tensor whole = index.to(where_used.device(), at::kLong);
  return at::where(whole < 0, whole + length, whole);
}

void run_gather_elements(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t axis = axis_of(call, 0);
  call.outputs[0] = at::gather(x, axis, from_start(call.input(1), x.size(axis), x));
}

// Writes along an axis; where one place is named more than once, "none" keeps the last.
Tensor scattered(const OperatorCall& call, const Tensor& x, int64_t axis, const Tensor& index, const Tensor& given) {
  const std::string reduction = string_attribute(call.node, "reduction", "none");
  const Tensor updates = given.to(x.scalar_type());
  if (reduction == "none") return at::scatter(x, axis, index, updates);
  if (reduction == "add") return at::scatter_add(x, axis, index, updates);
  static constexpr std::pair<std::string_view, const char*> kReductions[] = {
      {"mul", "prod"}, {"max", "amax"}, {"min", "amin"}};
  for (const auto& [name, aten] : kReductions) {
    if (reduction == name) return at::scatter_reduce(x, axis, index, updates, aten, /*include_self=*/true);
  }
  throw Error(ErrorKind::kUnsupported, "", fmt::format("the reduction \"{}\" is not known here", reduction), "");
}

void run_scatter_elements(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t axis = axis_of(call, 0);
  call.outputs[0] = scattered(call, x, axis, from_start(call.input(1), x.size(axis), x), call.input(2));
}

// How many axes the last axis of the indices names, of those behind the first `batch` ones.
int64_t named_axes(const OperatorCall& call, int64_t batch) {
  const Tensor &x = call.input(0), index = call.input(1);
  const int64_t named = index.dim() == 0 ? 0 : index.size(-1);
  if (named < 1 || batch >= index.dim() || batch + named > x.dim()) indices_do_not_fit(call, "the indices");
  return named;
}

void run_gather_nd(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t batch = int_attribute(call.node, "batch_dims", 0, {0, kMostAxes});
  const int64_t named = named_axes(call, batch);
  const Tensor index = call.inputs[1].to(x.device(), at::kLong);
  c10::List<c10::optional<Tensor>> places;
  for (int64_t axis = 0; axis < batch; ++axis) {
    std::vector<int64_t> along(static_cast<size_t>(index.dim() - 1), 1);
    along[static_cast<size_t>(axis)] = -1;
    if (index.size(axis) != x.size(axis)) indices_do_not_fit(call, "the batch axes");
    places.push_back(at::arange(x.size(axis), index.options()).reshape(along));
  }
  for (int64_t i = 0; i < named; ++i) places.push_back(index.select(-1, i));
  call.outputs[0] = at::index(x, places);
}

// As rows: the axes that the indices name become one.
void run_scatter_nd(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t named = named_axes(call, 0);
  const Tensor index = call.inputs[1];
  int64_t rows = 1;
  Tensor place = at::zeros({}, at::TensorOptions(at::kLong).device(x.device()));
  for (int64_t i = 0; i < named; ++i) {
    const Tensor one = from_start(index.select(-1, i), x.size(i), x);
    if (((one < 0) | (one >= x.size(i))).any().item<bool>()) indices_do_not_fit(call, "an index outside the input");
    place = place * x.size(i) + one;
    rows *= x.size(i);
  }
  const int64_t length = rows > 0 ? x.numel() / rows : 0;
  const Tensor updates = call.input(2).reshape({place.numel(), length});
  const Tensor spread = place.reshape({-1, 1}).expand({place.numel(), length});
  call.outputs[0] = scattered(call, x.reshape({rows, length}), 0, spread, updates).view(x.sizes());
}

void run_one_hot(OperatorCall& call) {
  const double asked = call.input(1).item<double>();
  if (!(asked >= 1 && asked <= static_cast<double>(kLargestInteger))) indices_do_not_fit(call, "the depth");
  const auto depth = static_cast<int64_t>(asked);
  const Tensor& values = call.input(2);
  if (values.numel() != 2) indices_do_not_fit(call, "the two values");
  const Tensor index = from_start(call.inputs[0], depth, values);
  call.limits.check_elements(static_cast<double>(index.numel()) * asked, values.element_size());
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", -1), index.dim() + 1);
  std::vector<int64_t> along(static_cast<size_t>(index.dim() + 1), 1);
  along[static_cast<size_t>(axis)] = depth;
  const Tensor hot = index.unsqueeze(axis) == at::arange(depth, index.options()).reshape(along);
  const Tensor pair = values.reshape(-1);
  call.outputs[0] = at::where(hot, pair[1], pair[0]);
}

void run_non_zero(OperatorCall& call) { call.outputs[0] = at::nonzero(call.input(0)).t().contiguous(); }

void run_compress(OperatorCall& call) {
  const bool flat = !has_attribute(call.node, "axis");
  const Tensor x = flat ? call.input(0).reshape(-1) : call.input(0);
  const int64_t axis = flat ? 0 : axis_of(call, 0);
  const Tensor kept = at::nonzero(call.input(1).reshape(-1)).reshape(-1);
  call.outputs[0] = x.index_select(axis, kept.to(x.device()));
}

// Equal values stay in the order of their indices.
void run_top_k(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t axis = axis_of(call, -1);
  const std::vector<int64_t> given =
      call.has(1) ? to_ints(call.inputs[1]) : std::vector<int64_t>{int_attribute(call.node, "k", -1)};
  if (given.size() != 1 || given[0] < 0 || given[0] > x.size(axis)) indices_do_not_fit(call, "the number of values");
  const bool largest = int_attribute(call.node, "largest", 1) != 0;
  const auto [values, index] = at::sort(x, /*stable=*/true, axis, largest);
  call.outputs[0] = values.narrow(axis, 0, given[0]);
  if (call.wants(1)) call.outputs[1] = index.narrow(axis, 0, given[0]);
}

void run_trilu(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const std::vector<int64_t> given = call.has(1) ? to_ints(call.inputs[1], kAnyInteger) : std::vector<int64_t>{0};
  if (given.size() != 1 || x.dim() < 2) indices_do_not_fit(call, "the diagonal");
  const int64_t diagonal = std::clamp(given[0], -x.size(-2), x.size(-1));
  call.outputs[0] = int_attribute(call.node, "upper", 1) != 0 ? at::triu(x, diagonal) : at::tril(x, diagonal);
}

void run_cum_sum(OperatorCall& call) {
  Tensor x = call.input(0);
  const std::vector<int64_t> given = to_ints(call.input(1));
  if (given.size() != 1) indices_do_not_fit(call, "the axis");
  const int64_t axis = normal_axis(given[0], x.dim());
  const bool reverse = int_attribute(call.node, "reverse", 0) != 0;
  if (reverse) x = x.flip(axis);
  Tensor sums = at::cumsum(x, axis, x.scalar_type());
  if (int_attribute(call.node, "exclusive", 0) != 0 && x.size(axis) > 0) {
    sums = at::cat({at::zeros_like(x.narrow(axis, 0, 1)), sums.narrow(axis, 0, x.size(axis) - 1)}, axis);
  }
  call.outputs[0] = reverse ? sums.flip(axis) : sums;
}

// Each row of the batch turned around within its own length.
void run_reverse_sequence(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t batch = int_attribute(call.node, "batch_axis", 1), time = int_attribute(call.node, "time_axis", 0);
  const bool formed = x.dim() >= 2 && batch >= 0 && batch <= 1 && time == 1 - batch;
  if (!formed) indices_do_not_fit(call, "the axes");
  const Tensor lengths = call.input(1).to(x.device(), at::kLong).reshape(-1);
  if (lengths.numel() != x.size(batch) || ((lengths < 0) | (lengths > x.size(time))).any().item<bool>()) {
    indices_do_not_fit(call, "the lengths");
  }
  const Tensor steps = at::arange(x.size(time), lengths.options()).unsqueeze(batch);
  const Tensor each = lengths.unsqueeze(time);
  Tensor index = at::where(steps < each, each - 1 - steps, steps);
  while (index.dim() < x.dim()) index = index.unsqueeze(-1);
  call.outputs[0] = at::gather(x, time, index.expand(x.sizes()));
}

void run_eye_like(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t diagonal = int_attribute(call.node, "k", 0);
  if (x.dim() != 2) indices_do_not_fit(call, "the axes");
  const at::ScalarType type =
      has_attribute(call.node, "dtype") ? element_type(int_attribute(call.node, "dtype", 1)) : x.scalar_type();
  const at::TensorOptions whole = at::TensorOptions(at::kLong).device(x.device());
  const Tensor columns = at::arange(x.size(1), whole) - at::arange(x.size(0), whole).unsqueeze(1);
  call.outputs[0] = columns.eq(diagonal).to(type);
}

// What goes along an axis behind the first two sees along it; before, positions stay where they are.
Window along_axis(const NodeFacts& facts) {
  const auto rank = static_cast<int64_t>(facts.input_shape(0).size());
  return {.everything = rank < 1 || normal_axis(int_attribute(facts.node, "axis", -1), rank) >= 2};
}

constexpr Operator kIndexingOperators[] = {
    {.name = "GatherElements", .run = run_gather_elements, .window = everything},
    {.name = "GatherND", .run = run_gather_nd, .window = everything},
    {.name = "ScatterElements", .run = run_scatter_elements, .window = everything},
    {.name = "Scatter", .run = run_scatter_elements, .window = everything},
    {.name = "ScatterND", .run = run_scatter_nd, .window = everything},
    {.name = "OneHot", .run = run_one_hot, .window = everything},
    {.name = "NonZero", .run = run_non_zero, .window = everything, .shape_follows = {0, 1}},
    {.name = "Compress", .run = run_compress, .window = everything, .shape_follows = {1, 1}},
    {.name = "TopK", .run = run_top_k, .window = along_axis},
    {.name = "Trilu", .run = run_trilu, .window = same_position},
    {.name = "CumSum", .run = run_cum_sum, .window = everything},
    {.name = "ReverseSequence", .run = run_reverse_sequence, .window = everything},
    {.name = "EyeLike", .run = run_eye_like, .window = everything, .reads_values = false},
};

}  // namespace

extern const OperatorFamily indexing;
const OperatorFamily indexing{"indexing", kIndexingOperators};

}  // namespace microtome::operators
