// SPDX-License-Identifier: Apache-2.0
// Sums, means, largest values, softmax, attention.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/network/aten/aten.h"

namespace microtome::aten_families {
namespace {

std::map<std::string, Attribute> over(AtenCall& call, size_t keeps_at) {
  const std::vector<int64_t> axes = call.integers(1, "dim");
  std::map<std::string, Attribute> attributes = {{"keepdims", int64_t{call.flag(keeps_at, "keepdim")}}};
  if (!axes.empty()) attributes["axes"] = axes;
  return attributes;
}

// self, dim, keepdim, dtype; or self, dtype, of everything.
template <const char* kOp>
TorchValue map_reduction(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "self");
  if (!call.at(1, "dim").sequence() && !call.has(2, "keepdim")) {
    // One number behind the tensor is a type, but for those that take one axis.
    const bool one_axis = std::string_view(kOp) == "ReduceMax" || std::string_view(kOp) == "ReduceMin";
    if (!one_axis || !call.has(1, "dim")) return TorchValue::of(call.node(kOp, {x}, {{"keepdims", int64_t{0}}}));
  }
  return TorchValue::of(call.node(kOp, {x}, over(call, 2)));
}

constexpr char kMean[] = "ReduceMean", kSum[] = "ReduceSum", kMaximum[] = "ReduceMax", kMinimum[] = "ReduceMin",
               kProduct[] = "ReduceProd";

// self; self, other; or self, dim, keepdim: values and where they are, of which the latter are not made.
template <const char* kOp>
TorchValue map_extreme(AtenCall& call) {
  const TorchValue& second = call.at(1, "dim");
  if (second.kind == TorchKind::kTensor || call.has(9, "other")) {
    const TorchTensorPtr other = call.required(1, "other");
    return TorchValue::of(call.node(kOp == kMaximum ? "Max" : "Min", {call.required(0, "self"), other}));
  }
  const TorchValue values = map_reduction<kOp>(call);
  return second.none() ? values : TorchValue::several(TorchKind::kTuple, {values, {}});
}

// self, dim, unbiased or correction, keepdim
TorchTensorPtr variance(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "self");
  const std::vector<int64_t> axes = call.integers(1, "dim");
  if (axes.empty()) call.refuse("over everything is not read");
  double count = 1;
  for (const int64_t axis : axes) count *= static_cast<double>(x->now.size(axis));
  const double less = call.number(2, "correction", call.flag(2, "unbiased", true) ? 1 : 0);
  const TorchTensorPtr mean = call.node("ReduceMean", {x}, {{"axes", axes}});
  const TorchTensorPtr difference = call.node("Sub", {x, mean});
  const TorchTensorPtr square = call.node("Mul", {difference, difference});
  const int64_t keep = call.flag(3, "keepdim");
  const TorchTensorPtr even = call.node("ReduceMean", {square}, {{"axes", axes}, {"keepdims", keep}});
  return less == 0 ? even : call.node("Mul", {even, AtenCall::scalar(count / (count - less))});
}

TorchValue map_var(AtenCall& call) { return TorchValue::of(variance(call)); }
TorchValue map_std(AtenCall& call) { return TorchValue::of(call.node("Sqrt", {variance(call)}, {}, "std")); }

// self, p or ord, dim, keepdim
TorchValue map_norm(AtenCall& call) {
  const double p = call.number(1, "p", call.number(1, "ord", 2));
  if (p != 1 && p != 2) call.refuse(fmt::format("of the order {} is not read", p));
  std::map<std::string, Attribute> attributes = {{"keepdims", int64_t{call.flag(3, "keepdim")}}};
  const std::vector<int64_t> axes = call.integers(2, "dim");
  if (!axes.empty()) attributes["axes"] = axes;
  return TorchValue::of(call.node(p == 1 ? "ReduceL1" : "ReduceL2", {call.required(0, "self")}, attributes, "norm"));
}

TorchValue map_argmax(AtenCall& call) {
  if (!call.has(1, "dim")) call.refuse("of everything is not read");
  return TorchValue::of(call.node(call.name() == "argmax" ? "ArgMax" : "ArgMin", {call.required(0, "self")},
                                  {{"axis", call.integer(1, "dim")}, {"keepdims", int64_t{call.flag(2, "keepdim")}}}));
}

TorchTensorPtr softmax(AtenCall& call, const TorchTensorPtr& x, int64_t axis) {
  return call.node("Softmax", {x}, {{"axis", axis}});
}

TorchValue map_softmax(AtenCall& call) {
  return TorchValue::of(softmax(call, call.required(0, "self"), call.integer(1, "dim")));
}
TorchValue map_log_softmax(AtenCall& call) {
  return TorchValue::of(
      call.node("LogSoftmax", {call.required(0, "self")}, {{"axis", call.integer(1, "dim")}}, "log_softmax"));
}

TorchTensorPtr swapped(AtenCall& call, const TorchTensorPtr& x, const std::vector<int64_t>& order) {
  return call.node("Transpose", {x}, {{"perm", order}});
}

// softmax(q k^T * scale + mask) v; of heads [N,h,T,d].
TorchTensorPtr attended(AtenCall& call, const TorchTensorPtr& q, const TorchTensorPtr& k, const TorchTensorPtr& v,
                        double scale, const TorchTensorPtr& mask) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < k->now.dim(); ++i) order.push_back(i);
  if (order.size() < 2) call.refuse("attends to what are no tokens");
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const TorchTensorPtr scaled = call.node("Mul", {q, AtenCall::scalar(scale)});
  TorchTensorPtr scores = call.node("MatMul", {scaled, swapped(call, k, order)}, {}, "scores");
  if (mask) {
    if (mask->now.scalar_type() == at::kBool) call.refuse("with a mask of booleans is not read");
    scores = call.node("Add", {scores, mask});
  }
  return call.node("MatMul", {softmax(call, scores, -1), v}, {}, "read");
}

// query, key, value, attn_mask, dropout_p, is_causal, scale
TorchTensorPtr attention(AtenCall& call, size_t causal_at) {
  const TorchTensorPtr q = call.required(0, "query"), k = call.required(1, "key"), v = call.required(2, "value");
  if (call.flag(causal_at, "is_causal")) call.refuse("that looks back alone is not read");
  const double length = static_cast<double>(q->now.dim() > 0 ? q->now.size(-1) : 1);
  const TorchTensorPtr mask = causal_at == 5 ? call.tensor(3, "attn_mask") : nullptr;
  return attended(call, q, k, v, call.number(9, "scale", 1 / std::sqrt(length)), mask);
}

TorchValue map_attention(AtenCall& call) { return TorchValue::of(attention(call, 5)); }
// query, key, value, dropout_p, is_causal
TorchValue map_fused_attention(AtenCall& call) {
  return TorchValue::several(TorchKind::kTuple, {TorchValue::of(attention(call, 4)), {}, {}, {}, {}, {}, {}, {}, {}});
}

// query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, need_weights, ...; of
// tokens [N,T,C] that attend to themselves.
TorchValue map_native_attention(AtenCall& call) {
  const TorchTensorPtr x = call.required(0, "query");
  const bool own = x == call.tensor(1, "key") && x == call.tensor(2, "value");
  if (!own || x->now.dim() != 3 || call.has(9, "mask")) call.refuse("of other tokens or with a mask is not read");
  const int64_t tokens = x->now.size(1), width = call.integer(3, "embed_dim"), heads = call.integer(4, "num_head");
  if (heads < 1 || width % heads != 0) call.refuse("has heads that do not fit");
  const auto projected = [&](const TorchTensorPtr& y, size_t at, const char* name) {
    const TorchTensorPtr weight = call.required(at, "weight");
    const TorchTensorPtr factor = swapped(call, weight, {1, 0});
    factor->name = weight->name;
    return call.node("Add", {call.node("MatMul", {y, factor}), call.required(at + 1, "bias")}, {}, name);
  };
  const TorchTensorPtr parts =
      swapped(call, call.reshaped(projected(x, 5, "qkv"), {0, tokens, 3, heads, width / heads}), {2, 0, 3, 1, 4});
  const auto part = [&](int64_t i, const char* name) {
    const TorchTensorPtr index = TorchGraph::known(at::scalar_tensor(i, at::kLong));
    return call.node("Gather", {parts, index}, {{"axis", int64_t{0}}}, name);
  };
  const double scale = 1 / std::sqrt(static_cast<double>(width / heads));
  const TorchTensorPtr read = attended(call, part(0, "q"), part(1, "k"), part(2, "v"), scale, nullptr);
  const TorchTensorPtr joined = call.reshaped(swapped(call, read, {0, 2, 1, 3}), {0, tokens, width}, "heads");
  return TorchValue::several(TorchKind::kTuple, {TorchValue::of(projected(joined, 7, "out_proj")), {}});
}

TorchValue map_einsum(AtenCall& call) {
  return TorchValue::of(call.node("Einsum", call.tensors(1, "tensors"), {{"equation", call.text(0, "equation", "")}}));
}

constexpr AtenOperator kReductions[] = {{"mean", map_reduction<kMean>},
                                        {"sum", map_reduction<kSum>},
                                        {"amax", map_reduction<kMaximum>},
                                        {"amin", map_reduction<kMinimum>},
                                        {"prod", map_reduction<kProduct>},
                                        {"max", map_extreme<kMaximum>},
                                        {"min", map_extreme<kMinimum>},
                                        {"var", map_var},
                                        {"std", map_std},
                                        {"norm", map_norm},
                                        {"linalg_vector_norm", map_norm},
                                        {"argmax", map_argmax},
                                        {"argmin", map_argmax},
                                        {"softmax", map_softmax},
                                        {"_softmax", map_softmax},
                                        {"log_softmax", map_log_softmax},
                                        {"_log_softmax", map_log_softmax},
                                        {"scaled_dot_product_attention", map_attention},
                                        {"_scaled_dot_product_flash_attention_for_cpu", map_fused_attention},
                                        {"_native_multi_head_attention", map_native_attention},
                                        {"einsum", map_einsum}};

}  // namespace

extern const AtenFamily reductions;
const AtenFamily reductions{"reductions", kReductions};

}  // namespace microtome::aten_families
