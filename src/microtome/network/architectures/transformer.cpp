// SPDX-License-Identifier: Apache-2.0
// Dosovitskiy et al., "An Image is Worth 16x16 Words" (2020); Touvron et al., "Going Deeper with Image Transformers"
// (2021) for the scale of each layer.
#include "microtome/network/architectures/transformer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace microtome {
namespace {

at::Tensor as_shape(std::vector<int64_t> lengths) { return at::tensor(lengths, at::kLong); }

ValueIndex reshaped(Modules& m, const std::string& name, ValueIndex x, std::vector<int64_t> shape,
                    int64_t channels = 0) {
  return m.node("Reshape", name, {x, m.constant(name + ".shape", as_shape(std::move(shape)))}, {}, channels);
}

ValueIndex transposed(Modules& m, const std::string& name, ValueIndex x, std::vector<int64_t> order) {
  return m.node("Transpose", name, {x}, {{"perm", std::move(order)}});
}

// softmax(q k^T / sqrt(d)) v for each head.
ValueIndex attend(Modules& m, const std::string& name, ValueIndex qkv, int64_t width) {
  const int64_t heads = published_heads(width), length = width / heads;
  ValueIndex parts = reshaped(m, name + ".split", qkv, {0, 0, 3, heads, length});
  parts = transposed(m, name + ".parts", parts, {2, 0, 3, 1, 4});
  const auto part = [&](const char* which, int64_t i) {
    const ValueIndex index = m.constant(fmt::format("{}.{}.index", name, which), at::scalar_tensor(i, at::kLong));
    return m.node("Gather", fmt::format("{}.{}", name, which), {parts, index}, {{"axis", int64_t{0}}});
  };
  const ValueIndex q = part("q", 0), k = part("k", 1), v = part("v", 2);
  const double factor = 1 / std::sqrt(static_cast<double>(length));
  const ValueIndex scale = m.constant(name + ".scale", at::scalar_tensor(factor, at::kFloat));
  ValueIndex scores = m.node("Mul", name + ".scaled", {q, scale});
  scores = m.node("MatMul", name + ".scores", {scores, transposed(m, name + ".keys", k, {0, 1, 3, 2})});
  const ValueIndex read = m.node("Softmax", name + ".softmax", {scores}, {{"axis", int64_t{-1}}});
  const ValueIndex seen = transposed(m, name + ".seen", m.node("MatMul", name + ".read", {read, v}), {0, 2, 1, 3});
  return reshaped(m, name + ".heads", seen, {0, 0, width}, width);
}

ValueIndex layer_scaled(Modules& m, const std::string& name, ValueIndex x) {
  if (!m.has(name + ".gamma")) return x;
  const at::Tensor gamma = m.take(name + ".gamma", {m.channels(x)});
  return m.node("Mul", name, {x, m.constant(name + ".gamma", gamma)});
}

}  // namespace

Preprocessing clip_input(int side) {
  Preprocessing input = imagenet_input(side, side);
  input.name = "clip";
  input.mean = {0.48145466, 0.4578275, 0.40821073};
  input.deviation = {0.26862954, 0.26130258, 0.27577711};
  return input;
}

std::string visual_part(Modules& m) {
  if (!m.has_below("visual.")) return {};
  for (const char* text : {"transformer.", "token_embedding.", "ln_final.", "positional_embedding", "text_projection",
                           "logit_scale", "input_resolution", "context_length", "vocab_size"}) {
    m.leave_out(text);
  }
  return "visual.";
}

ValueIndex layer_norm(Modules& m, const std::string& name, ValueIndex x, double epsilon, const std::string& key) {
  const std::string from = key.empty() ? name : key;
  const std::vector<int64_t> each = {m.channels(x)};
  const ValueIndex scale = m.constant(name + ".weight", m.take(from + ".weight", each));
  const ValueIndex offset = m.constant(name + ".bias", m.take(from + ".bias", each));
  return m.node("LayerNormalization", name, {x, scale, offset}, {{"axis", int64_t{-1}}, {"epsilon", epsilon}});
}

ValueIndex token_linear(Modules& m, const std::string& name, ValueIndex x, const std::string& weight,
                        const std::string& bias) {
  const at::Tensor matrix = m.take(weight, {-1, m.channels(x)});
  const int64_t made = matrix.size(0);
  const bool offset = m.has(bias);
  const ValueIndex factor = m.constant(name + ".weight", matrix.t().contiguous());
  const ValueIndex product = m.node("MatMul", offset ? name + ".product" : name, {x, factor}, {}, made);
  if (!offset) return product;
  return m.node("Add", name, {product, m.constant(name + ".bias", m.take(bias, {made}))});
}

ValueIndex token_linear(Modules& m, const std::string& name, ValueIndex x) {
  return token_linear(m, name, x, name + ".weight", name + ".bias");
}

ValueIndex quick_gelu(Modules& m, const std::string& name, ValueIndex x) {
  constexpr double kSlope = 1.702;
  const ValueIndex slope = m.constant(name + ".slope", at::scalar_tensor(kSlope, at::kFloat));
  const ValueIndex gate = m.node("Sigmoid", name + ".gate", {m.node("Mul", name + ".scaled", {x, slope})});
  return m.node("Mul", name, {x, gate});
}

ValueIndex transformer_block(Modules& m, const std::string& name, ValueIndex x, const TransformerStyle& style) {
  const std::string attention = name + "." + style.attention;
  const int64_t width = m.channels(x);
  ValueIndex y = layer_norm(m, name + "." + style.norm1, x, style.epsilon);
  y = token_linear(m, attention + ".qkv", y, attention + style.qkv_weight, attention + style.qkv_bias);
  if (m.channels(y) != 3 * width)
    Modules::refuse(fmt::format("\"{}{}\" makes {} channels of {}", attention, style.qkv_weight, m.channels(y), width));
  y = token_linear(m, attention + style.proj, attend(m, attention, y, width));
  x = m.add(name + ".add", x, layer_scaled(m, name + ".ls1", y));
  y = token_linear(m, name + "." + style.fc1, layer_norm(m, name + "." + style.norm2, x, style.epsilon));
  const std::string act = name + "." + style.act;
  y = style.quick ? quick_gelu(m, act, y) : m.gelu(act, y);
  y = token_linear(m, name + "." + style.fc2, y);
  return m.add(name + ".add_1", x, layer_scaled(m, name + ".ls2", y));
}

int64_t published_heads(int64_t width) {
  switch (width) {
    case 192:
    case 384:
    case 768:
    case 1024:
    case 1536:
    case 2048:
      return width / 64;
    case 1280:
      return 16;
    default:
      break;
  }
  Modules::refuse(fmt::format("nothing says how many heads a transformer of width {} has", width));
}

ValueIndex patch_tokens(Modules& m, const std::string& conv, ValueIndex x, const at::Tensor& given,
                        const std::string& sum) {
  const int64_t patch = m.size(conv + ".weight", 2), width = m.size(conv + ".weight", 0);
  ValueIndex y = m.conv(conv, x, {.stride = patch});
  y = transposed(m, conv + ".tokens", reshaped(m, conv + ".rows", y, {0, width, -1}), {0, 2, 1});
  const int64_t patches = m.patches(patch), own = given.size(1) - patches;
  if (own < 0) Modules::refuse(fmt::format("its {} positions are less than {} patches", given.size(1), patches));
  if (own > 0) {
    const ValueIndex pads = m.constant(sum + ".pads", as_shape({0, own, 0, 0, 0, 0}));
    y = m.node("Pad", sum + ".padded", {y, pads});
  }
  return m.node("Add", sum, {y, m.constant(sum + ".given", given)});
}

ValueIndex one_token(Modules& m, const std::string& name, ValueIndex x, int64_t i) {
  const ValueIndex index = m.constant(name + ".index", at::scalar_tensor(i, at::kLong));
  return m.node("Gather", name, {x, index}, {{"axis", int64_t{1}}});
}

}  // namespace microtome
