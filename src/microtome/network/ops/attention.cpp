// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention and rotary position embeddings, as ONNX has them from operator set 23 on.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

[[noreturn]] void heads_do_not_fit(const Tensor& x, int64_t heads) {
  throw Error(ErrorKind::kCorrupt, "",
              fmt::format("{} heads do not fit a value [{}]", heads, fmt::join(x.sizes(), ",")),
              "export the network again");
}

// [B,S,heads*D] or [B,heads,S,D] as the latter.
Tensor by_head(const OperatorCall& call, const Tensor& x, const std::string& attribute) {
  const int64_t heads = int_attribute(call.node, attribute, 0, {0, kLargestInteger});
  if (x.dim() == 4 && x.size(1) > 0 && x.size(3) > 0) return x;
  if (x.dim() != 3 || heads < 1 || x.size(2) < 1 || x.size(2) % heads != 0) heads_do_not_fit(x, heads);
  return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

Tensor repeated_heads(const Tensor& x, int64_t heads) {
  if (heads % x.size(1) != 0) heads_do_not_fit(x, heads);
  return heads == x.size(1) ? x : x.repeat_interleave(heads / x.size(1), 1);
}

// What is added to the scores: -inf where a mask of truth values forbids, where it is too short, and above the
// diagonal.
Tensor mask_of(const OperatorCall& call, const Tensor& scores, int64_t past) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  Tensor bias = at::zeros({scores.size(-2), scores.size(-1)}, scores.options());
  if (call.has(3)) {
    Tensor mask = call.inputs[3];
    if (mask.scalar_type() == at::kBool) mask = at::zeros(mask.sizes(), scores.options()).masked_fill(~mask, kNever);
    if (mask.dim() > 0 && mask.size(-1) > 1 && mask.size(-1) < scores.size(-1)) {
      mask = at::constant_pad_nd(mask, {0, scores.size(-1) - mask.size(-1)}, kNever);
    }
    bias = bias + mask.to(scores.scalar_type());
  }
  if (int_attribute(call.node, "is_causal", 0) == 0) return bias;
  const Tensor later = at::ones({scores.size(-2), scores.size(-1)}, scores.options().dtype(at::kBool)).triu(past + 1);
  return bias.masked_fill(later, kNever);
}

void check_attention(const OperatorCall& call, const Tensor& q, const Tensor& k, const Tensor& v) {
  const bool fits = q.size(3) == k.size(3) && k.size(2) == v.size(2) && k.size(1) == v.size(1) && k.size(2) > 0;
  if (!fits) heads_do_not_fit(k, q.size(1));
  const double pairs = static_cast<double>(q.size(0) * q.size(1)) * static_cast<double>(q.size(2) * k.size(2));
  call.limits.check_elements(pairs, q.element_size());
  call.limits.check_work(pairs * static_cast<double>(q.size(3) + v.size(3)));
}

// softmax(softcap(scale q k') + mask) v; softcap(s) = c tanh(s / c) before the mask, so that what is forbidden stays
// so.
void run_attention(OperatorCall& call) {
  const bool rows = call.input(0).dim() == 3;
  const Tensor q = by_head(call, call.inputs[0], "q_num_heads");
  Tensor k = by_head(call, call.input(1), "kv_num_heads"), v = by_head(call, call.input(2), "kv_num_heads");
  const int64_t past = call.has(4) && call.inputs[4].dim() == 4 ? call.inputs[4].size(2) : 0;
  if (call.has(4)) k = at::cat({call.inputs[4], k}, 2);
  if (call.has(5)) v = at::cat({call.inputs[5], v}, 2);
  if (call.wants(1)) call.outputs[1] = k;
  if (call.wants(2)) call.outputs[2] = v;
  check_attention(call, q, k, v);
  const double scale = float_attribute(call.node, "scale", 1 / std::sqrt(static_cast<double>(q.size(3))));
  const double cap = float_attribute(call.node, "softcap", 0);
  const Tensor product = at::matmul(q, repeated_heads(k, q.size(1)).transpose(-1, -2)) * scale;
  const Tensor scores = cap > 0 ? at::tanh(product / cap) * cap : product;
  const Tensor masked = scores + mask_of(call, scores, past);
  const Tensor weights = at::softmax(masked, -1);
  if (call.wants(3)) {
    const int64_t stage = int_attribute(call.node, "qk_matmul_output_mode", 0, {0, 3});
    call.outputs[3] = stage == 0 ? product : stage == 1 ? scores : stage == 2 ? masked : weights;
  }
  const Tensor y = at::matmul(weights, repeated_heads(v, q.size(1)));
  call.outputs[0] = rows ? y.transpose(1, 2).flatten(2) : y;
}

double attention_macs(const NodeFacts& facts) {
  const auto &q = facts.input_shape(0), &k = facts.input_shape(1);
  if (q.size() < 3 || k.size() < 3) return 0;
  double all = 2 * static_cast<double>(k[k.size() - 2]);
  for (const int64_t length : q) all *= static_cast<double>(length);
  return all;
}

// Pairs (a, b) of the first axes of a head, halves or neighbours, turned by an angle of their position:
// (a cos - b sin, a sin + b cos).
void run_rotary_embedding(OperatorCall& call) {
  const Tensor& given = call.input(0);
  const Tensor x = by_head(call, given, "num_heads");  // [B,heads,S,D]
  const int64_t asked = int_attribute(call.node, "rotary_embedding_dim", 0, {0, kLargestInteger});
  const int64_t turned = asked == 0 ? x.size(3) : asked;
  if (turned > x.size(3) || turned % 2 != 0) heads_do_not_fit(x, x.size(1));
  const auto at_positions = [&](const Tensor& cache) {
    const Tensor chosen = call.has(3) ? cache.index({call.inputs[3].to(cache.device(), at::kLong)}) : cache;
    return (chosen.dim() == 2 ? chosen.unsqueeze(0) : chosen).unsqueeze(1);  // [B,1,S,turned/2]
  };
  const Tensor cos = at_positions(call.input(1)), sin = at_positions(call.input(2));
  const Tensor front = x.narrow(3, 0, turned), behind = x.narrow(3, turned, x.size(3) - turned);
  const bool neighbours = int_attribute(call.node, "interleaved", 0) != 0;
  const Tensor a = neighbours ? front.slice(3, 0, turned, 2) : front.narrow(3, 0, turned / 2);
  const Tensor b = neighbours ? front.slice(3, 1, turned, 2) : front.narrow(3, turned / 2, turned / 2);
  const Tensor left = a * cos - b * sin, right = a * sin + b * cos;
  const Tensor pairs = neighbours ? at::stack({left, right}, -1).flatten(3) : at::cat({left, right}, 3);
  const Tensor y = at::cat({pairs, behind}, 3);
  call.outputs[0] = given.dim() == 4 ? y : y.transpose(1, 2).reshape(given.sizes());
}

constexpr Operator kAttentionOperators[] = {
    {.name = "Attention", .run = run_attention, .window = everything, .macs = attention_macs},
    {.name = "RotaryEmbedding", .run = run_rotary_embedding, .window = everything},
};

}  // namespace

extern const OperatorFamily attention;
const OperatorFamily attention{"attention", kAttentionOperators};

}  // namespace microtome::operators
