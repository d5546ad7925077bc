// SPDX-License-Identifier: Apache-2.0
// Other arrangements of the same values, parts of them, and what joins them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/network/aten/aten.h"
#include "microtome/network/ops/operator.h"

namespace microtome::aten_families {
namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();

TorchTensorPtr source(AtenCall& call) { return call.required(0, "self"); }

TorchValue view_of(const TorchTensorPtr& base, const TorchTensorPtr& made) {
  return TorchValue::of(TorchGraph::as_view(base, made));
}

// Lengths in full: what is known already is the view itself, so that a program may write into it.
TorchValue reshaped_view(AtenCall& call, const std::vector<int64_t>& shape, const std::string& name = {}) {
  const TorchTensorPtr x = source(call);
  if (!x->depends) {
    auto made = TorchGraph::known(x->now.reshape(shape), {}, x->writable);
    return view_of(x, made);
  }
  return view_of(x, call.reshaped(x, shape, name));
}

TorchValue map_view(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  std::vector<int64_t> shape = call.integers(1, "size");
  // A length of 0 would keep one.
  for (const int64_t length : shape) {
    if (length == 0) call.refuse("makes a tensor without elements");
  }
  return reshaped_view(call, shape);
}

TorchValue map_flatten(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  const int64_t rank = x->now.dim();
  const int64_t first = call.axis(1, "start_dim", 0, rank), last = call.axis(2, "end_dim", -1, rank);
  if (first == last) return TorchValue::of(x);
  if (first == 1 && last == rank - 1) return view_of(x, call.node("Flatten", {x}));
  std::vector<int64_t> shape(static_cast<size_t>(first), 0);
  shape.push_back(-1);
  for (int64_t axis = last + 1; axis < rank; ++axis) shape.push_back(x->now.size(axis));
  return view_of(x, call.reshaped(x, shape, "flatten"));
}

// self, dim, sizes
TorchValue map_unflatten(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  const int64_t axis = call.axis(1, "dim", 0, x->now.dim());
  std::vector<int64_t> shape = x->now.sizes().vec();
  const std::vector<int64_t> parts = call.integers(2, "sizes");
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, parts.begin(), parts.end());
  return reshaped_view(call, shape);
}

TorchValue map_unsqueeze(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  std::vector<int64_t> shape = x->now.sizes().vec();
  const int64_t axis = call.axis(1, "dim", 0, x->now.dim() + 1);
  shape.insert(shape.begin() + axis, 1);
  if (!x->depends) return reshaped_view(call, shape);
  return view_of(x, call.node("Unsqueeze", {x, AtenCall::whole_numbers({axis})}));
}

TorchValue map_squeeze(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  std::vector<int64_t> axes = call.integers(1, "dim"), shape, gone;
  for (int64_t& axis : axes) axis = normal_axis(axis, x->now.dim());
  for (int64_t axis = 0; axis < x->now.dim(); ++axis) {
    // The batch is one picture here and may be more elsewhere.
    const bool asked = axes.empty() ? axis > 0 || !x->depends : std::count(axes.begin(), axes.end(), axis) > 0;
    const bool goes = asked && x->now.size(axis) == 1;
    if (goes) gone.push_back(axis);
    if (!goes) shape.push_back(x->now.size(axis));
  }
  if (gone.empty()) return TorchValue::of(x);
  if (!x->depends) return reshaped_view(call, shape);
  return view_of(x, call.node("Squeeze", {x, AtenCall::whole_numbers(gone)}));
}

TorchValue permuted(AtenCall& call, std::vector<int64_t> order) {
  const TorchTensorPtr x = source(call);
  for (int64_t& axis : order) axis = normal_axis(axis, x->now.dim());
  return view_of(x, call.node("Transpose", {x}, {{"perm", std::move(order)}}));
}

std::vector<int64_t> in_order(int64_t rank) {
  std::vector<int64_t> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

TorchValue map_permute(AtenCall& call) { return permuted(call, call.integers(1, "dims")); }

TorchValue map_transpose(AtenCall& call) {
  const int64_t rank = source(call)->now.dim();
  std::vector<int64_t> order = in_order(rank);
  if (rank == 0) return call.at(0, "self");
  std::swap(order[static_cast<size_t>(call.axis(1, "dim0", 0, rank))],
            order[static_cast<size_t>(call.axis(2, "dim1", 1, rank))]);
  return permuted(call, order);
}

TorchValue map_t(AtenCall& call) {
  std::vector<int64_t> order = in_order(source(call)->now.dim());
  std::reverse(order.begin(), order.end());
  return permuted(call, order);
}

TorchTensorPtr sliced(AtenCall& call, const TorchTensorPtr& x, int64_t axis, int64_t begin, int64_t end, int64_t step) {
  if (!x->depends) {
    if (step < 1) call.refuse("steps backwards");
    return TorchGraph::as_view(x, TorchGraph::known(x->now.slice(axis, begin, end, step), {}, x->writable));
  }
  const int64_t size = x->now.size(axis);
  begin = std::clamp<int64_t>(begin < 0 ? begin + size : begin, 0, size);
  end = std::clamp<int64_t>(end < 0 ? end + size : end, begin, size);
  if (begin == 0 && end == size && step == 1) return x;
  const auto one = [](int64_t value) { return AtenCall::whole_numbers({value}); };
  return TorchGraph::as_view(x, call.node("Slice", {x, one(begin), one(end), one(axis), one(step)}));
}

// self, dim, start, end, step
TorchValue map_slice(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  const int64_t axis = call.axis(1, "dim", 0, x->now.dim());
  return TorchValue::of(sliced(call, x, axis, call.integer(2, "start", 0), call.integer(3, "end", kToTheEnd),
                               call.integer(4, "step", 1)));
}

// self, dim, start, length
TorchValue map_narrow(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  const int64_t axis = call.axis(1, "dim", 0, x->now.dim()), start = call.integer(2, "start");
  return TorchValue::of(sliced(call, x, axis, start, start + call.integer(3, "length"), 1));
}

TorchTensorPtr selected(AtenCall& call, const TorchTensorPtr& x, int64_t axis, int64_t index) {
  if (index < -x->now.size(axis) || index >= x->now.size(axis)) call.refuse("takes a part that is not there");
  if (!x->depends) return TorchGraph::as_view(x, TorchGraph::known(x->now.select(axis, index), {}, x->writable));
  const TorchTensorPtr place = TorchGraph::known(at::scalar_tensor(index, at::kLong));
  return TorchGraph::as_view(x, call.node("Gather", {x, place}, {{"axis", axis}}, "select"));
}

TorchValue map_select(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  return TorchValue::of(selected(call, x, call.axis(1, "dim", 0, x->now.dim()), call.integer(2, "index")));
}

TorchValue map_unbind(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  const int64_t axis = call.axis(1, "dim", 0, x->now.dim());
  std::vector<TorchValue> parts;
  if (x->now.size(axis) > kMostAxes * kMostAxes) call.refuse("makes too many parts");
  for (int64_t i = 0; i < x->now.size(axis); ++i) parts.push_back(TorchValue::of(selected(call, x, axis, i)));
  return TorchValue::several(TorchKind::kList, std::move(parts));
}

TorchValue parts_of(AtenCall& call, const std::vector<int64_t>& lengths, int64_t axis) {
  const TorchTensorPtr x = source(call);
  std::vector<TorchValue> parts;
  int64_t begin = 0;
  for (const int64_t length : lengths) {
    parts.push_back(TorchValue::of(sliced(call, x, axis, begin, begin + length, 1)));
    begin += length;
  }
  if (begin != x->now.size(axis)) call.refuse("has parts that do not make up the whole");
  return TorchValue::several(TorchKind::kList, std::move(parts));
}

TorchValue equal_parts(AtenCall& call, int64_t each, int64_t axis) {
  const int64_t whole = source(call)->now.size(axis);
  if (each < 1 || whole / each > kMostListed) call.refuse("makes too many parts");
  std::vector<int64_t> lengths;
  for (int64_t left = whole; left > 0; left -= each) lengths.push_back(std::min(each, left));
  return parts_of(call, lengths, axis);
}

// self, split_size or sizes, dim
TorchValue map_split(AtenCall& call) {
  const int64_t axis = call.axis(2, "dim", 0, source(call)->now.dim());
  const char* name = call.at(1, "split_sizes").none() ? "split_size" : "split_sizes";
  if (call.at(1, name).sequence()) return parts_of(call, call.integers(1, name), axis);
  return equal_parts(call, call.integer(1, name), axis);
}

TorchValue map_chunk(AtenCall& call) {
  const TorchTensorPtr x = source(call);
  const int64_t axis = call.axis(2, "dim", 0, x->now.dim()), count = call.integer(1, "chunks");
  if (count < 1) call.refuse("makes no parts");
  return equal_parts(call, (x->now.size(axis) + count - 1) / count, axis);
}

TorchTensorPtr joined(AtenCall& call, const std::vector<TorchTensorPtr>& parts, int64_t axis) {
  return call.node("Concat", parts, {{"axis", axis}}, "cat");
}

TorchValue map_cat(AtenCall& call) {
  return TorchValue::of(joined(call, call.tensors(0, "tensors"), call.integer(1, "dim", 0)));
}

TorchValue map_stack(AtenCall& call) {
  const std::vector<TorchTensorPtr> given = call.tensors(0, "tensors");
  if (given.empty()) call.refuse("joins nothing");
  const int64_t axis = call.axis(1, "dim", 0, given[0]->now.dim() + 1);
  std::vector<TorchTensorPtr> parts;
  for (const TorchTensorPtr& part : given) {
    parts.push_back(call.node("Unsqueeze", {part, AtenCall::whole_numbers({axis})}));
  }
  return TorchValue::of(joined(call, parts, axis));
}

TorchValue expanded(AtenCall& call, std::vector<int64_t> shape) {
  const TorchTensorPtr x = source(call);
  const size_t rank = static_cast<size_t>(x->now.dim());
  if (shape.size() < rank) call.refuse("has too few axes");
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != -1) continue;
    if (i + rank < shape.size()) call.refuse("leaves a new axis without a length");
    shape[i] = x->now.size(static_cast<int64_t>(i + rank - shape.size()));
  }
  if (shape == x->now.sizes()) return TorchValue::of(x);
  return view_of(x, call.node("Expand", {x, AtenCall::whole_numbers(shape)}));
}

TorchValue map_expand(AtenCall& call) { return expanded(call, call.integers(1, "size")); }
TorchValue map_expand_as(AtenCall& call) { return expanded(call, call.required(1, "other")->now.sizes().vec()); }

TorchValue map_repeat(AtenCall& call) {
  TorchTensorPtr x = source(call);
  const std::vector<int64_t> times = call.integers(1, "repeats");
  std::vector<int64_t> shape = x->now.sizes().vec();
  if (times.size() < shape.size()) call.refuse("has too few axes");
  shape.insert(shape.begin(), times.size() - shape.size(), 1);
  if (shape != x->now.sizes()) x = call.reshaped(x, shape);
  return TorchValue::of(call.node("Tile", {x, AtenCall::whole_numbers(times)}));
}

// self, shifts, dims: the end of each axis comes to its front.
TorchValue map_roll(AtenCall& call) {
  TorchTensorPtr x = source(call);
  const std::vector<int64_t> shifts = call.integers(1, "shifts"), axes = call.integers(2, "dims");
  if (axes.size() != shifts.size() || axes.empty()) call.refuse("without axes is not read");
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = normal_axis(axes[i], x->now.dim()), length = x->now.size(axis);
    const int64_t by = length > 0 ? (shifts[i] % length + length) % length : 0;
    if (by == 0) continue;
    x = joined(call, {sliced(call, x, axis, length - by, kToTheEnd, 1), sliced(call, x, axis, 0, length - by, 1)},
               axis);
  }
  return TorchValue::of(x);
}

TorchValue map_flip(AtenCall& call) {
  TorchTensorPtr x = source(call);
  for (const int64_t given : call.integers(1, "dims")) {
    const auto one = [](int64_t value) { return AtenCall::whole_numbers({value}); };
    const int64_t axis_number = normal_axis(given, x->now.dim());
    const TorchTensorPtr axis = one(axis_number);
    x = call.node("Slice", {x, one(-1), one(-x->now.size(axis_number) - 1), axis, one(-1)}, {}, "flip");
  }
  return TorchValue::of(x);
}

// self, dim, index
TorchValue map_index_select(AtenCall& call) {
  return TorchValue::of(call.node("Gather", {source(call), call.required(2, "index")},
                                  {{"axis", call.integer(1, "dim")}}, "index_select"));
}

// self, indices: one tensor of whole numbers among axes that are left as they are.
TorchValue map_index(AtenCall& call) {
  const TorchValue& list = call.at(1, "indices");
  if (!list.sequence()) call.refuse("lacks \"indices\"");
  TorchTensorPtr chosen;
  int64_t axis = 0;
  for (size_t i = 0; i < list.items->size(); ++i) {
    const TorchValue& item = (*list.items)[i];
    if (item.none()) continue;
    const bool whole = item.kind == TorchKind::kTensor && !item.tensor->now.is_floating_point() &&
                       item.tensor->now.scalar_type() != at::kBool;
    if (chosen || !whole) call.refuse("by several tensors or by booleans is not read");
    chosen = item.tensor;
    axis = static_cast<int64_t>(i);
  }
  if (!chosen) return call.at(0, "self");
  return TorchValue::of(call.node("Gather", {source(call), chosen}, {{"axis", axis}}, "index"));
}

// weight, indices
TorchValue map_embedding(AtenCall& call) {
  return TorchValue::of(call.node("Gather", {call.required(0, "weight"), call.required(1, "indices")},
                                  {{"axis", int64_t{0}}}, "embedding"));
}

constexpr AtenOperator kShapes[] = {{"view", map_view},
                                    {"reshape", map_view},
                                    {"_unsafe_view", map_view},
                                    {"_reshape_alias", map_view},
                                    {"flatten", map_flatten},
                                    {"unflatten", map_unflatten},
                                    {"unsqueeze", map_unsqueeze},
                                    {"squeeze", map_squeeze},
                                    {"permute", map_permute},
                                    {"transpose", map_transpose},
                                    {"t", map_t},
                                    {"numpy_T", map_t},
                                    {"slice", map_slice},
                                    {"narrow", map_narrow},
                                    {"select", map_select},
                                    {"unbind", map_unbind},
                                    {"split", map_split},
                                    {"split_with_sizes", map_split},
                                    {"chunk", map_chunk},
                                    {"cat", map_cat},
                                    {"concat", map_cat},
                                    {"concatenate", map_cat},
                                    {"stack", map_stack},
                                    {"expand", map_expand},
                                    {"expand_as", map_expand_as},
                                    {"repeat", map_repeat},
                                    {"roll", map_roll},
                                    {"flip", map_flip},
                                    {"index_select", map_index_select},
                                    {"index", map_index},
                                    {"embedding", map_embedding}};

}  // namespace

extern const AtenFamily shapes;
const AtenFamily shapes{"shapes", kShapes};

}  // namespace microtome::aten_families
