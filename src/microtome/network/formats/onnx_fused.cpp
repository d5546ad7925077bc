// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_fused.h"

#include <map>
#include <string>
#include <string_view>

#include "microtome/network/formats/onnx_parts.h"

namespace microtome {
namespace {

using onnx::AttributeProto;
using onnx::NodeProto;
using Names = std::vector<std::string>;

bool is_set(const NodeProto& node, std::string_view name) { return number_of(node, name, 0) != 0; }

// Numbers from integers, with scale and zero point; `axis`: where there is one of these for each place.
std::string numbers(OnnxParts& parts, const Names& integers, int64_t axis = 1) {
  const std::string made = parts.add("DequantizeLinear", integers);
  parts.set("axis", axis);
  return made;
}

std::string numbers_from(OnnxParts& parts, int first, int64_t axis = 1) {
  return numbers(parts, {parts.input(first), parts.input(first + 1), parts.input(first + 2)}, axis);
}

void activate(OnnxParts& parts, const NodeProto& node, const std::string& x) {
  const AttributeProto* activation = attribute_of(node, "activation");
  if (activation == nullptr || activation->s().empty()) return;
  parts.add(activation->s(), {x});
  const AttributeProto* given = attribute_of(node, "activation_params");
  static const std::map<std::string, Names> kParameters = {
      {"LeakyRelu", {"alpha"}}, {"Clip", {"min", "max"}}, {"HardSigmoid", {"alpha", "beta"}}};
  const auto names = kParameters.find(activation->s());
  for (int i = 0; given != nullptr && names != kParameters.end() && i < given->floats_size(); ++i) {
    if (static_cast<size_t>(i) >= names->second.size()) break;
    parts.set(names->second[static_cast<size_t>(i)], static_cast<double>(given->floats(i)));
  }
}

void fused_conv(OnnxParts& parts, const NodeProto& node) {
  std::string made = parts.add("Conv", {parts.input(0), parts.input(1), parts.input(2)});
  parts.take_all({"activation", "activation_params"});
  if (!parts.input(3).empty()) made = parts.add("Add", {made, parts.input(3)});
  activate(parts, node, made);
}

void fused_gemm(OnnxParts& parts, const NodeProto& node) {
  const std::string made = parts.add("Gemm", {parts.input(0), parts.input(1), parts.input(2)});
  for (const char* name : {"alpha", "beta", "transA", "transB"}) {
    if (const AttributeProto* found = attribute_of(node, name)) parts.take(*found);
  }
  activate(parts, node, made);
}

void fused_matmul(OnnxParts& parts, const NodeProto& node) {
  const auto turned = [&](int i, const char* attribute) {
    if (!is_set(node, attribute)) return parts.input(i);
    const std::string made = parts.add("Einsum", {parts.input(i)});
    parts.set("equation", std::string("...ij->...ji"));
    return made;
  };
  const std::string a = turned(0, "transA"), b = turned(1, "transB");
  const double alpha = number_of(node, "alpha", 1);
  const std::string factor = alpha == 1 ? "" : parts.number(alpha);
  const std::string product = parts.add("MatMul", {a, b});
  if (!factor.empty()) parts.add("Mul", {product, factor});
}

std::string with_bias(OnnxParts& parts) {
  return parts.input(1).empty() ? parts.input(0) : parts.add("Add", {parts.input(0), parts.input(1)});
}

void bias_gelu(OnnxParts& parts, const NodeProto&) { parts.add("Gelu", {with_bias(parts)}); }

void fast_gelu(OnnxParts& parts, const NodeProto&) {
  parts.add("Gelu", {with_bias(parts)});
  parts.set("approximate", std::string("tanh"));
}

void quick_gelu(OnnxParts& parts, const NodeProto& node) {
  const std::string scaled = parts.add("Mul", {parts.input(0), parts.number(number_of(node, "alpha", 1.702F))});
  parts.add("Mul", {parts.input(0), parts.add("Sigmoid", {scaled})});
}

void normalize(OnnxParts& parts, const NodeProto& node, const std::string& op, const Names& inputs) {
  parts.add(op, inputs);
  parts.set("axis", static_cast<int64_t>(number_of(node, "axis", -1)));
  parts.set("epsilon", number_of(node, "epsilon", 1e-12F));
}

void skip_normalization(OnnxParts& parts, const NodeProto& node) {
  const bool by_root = node.op_type() == "SkipSimplifiedLayerNormalization";
  const std::string bias = parts.input(by_root ? 3 : 4);
  std::string sum = parts.add("Add", {parts.input(0), parts.input(1)});
  if (!bias.empty()) sum = parts.add("Add", {sum, bias});
  if (node.output_size() > 3 && !node.output(3).empty()) {
    parts.add("Identity", {sum});
    parts.name_output(node.output(3));
  }
  if (by_root) {
    normalize(parts, node, "RMSNormalization", {sum, parts.input(2)});
  } else {
    normalize(parts, node, "LayerNormalization", {sum, parts.input(2), parts.input(3)});
  }
}

void simplified_normalization(OnnxParts& parts, const NodeProto& node) {
  normalize(parts, node, "RMSNormalization", {parts.input(0), parts.input(1)});
}

// Words, their places and their segments looked up, summed and normalized.
void embed_normalization(OnnxParts& parts, const NodeProto& node) {
  const std::string words = parts.add("Gather", {parts.input(2), parts.input(0)});
  std::string places;
  if (!parts.input(8).empty()) {
    places = parts.add("Gather", {parts.input(3), parts.input(8)});
  } else {
    const std::string shape = parts.add("Shape", {parts.input(0)});
    const std::string zero = parts.integers({0}), one = parts.integers({1}), two = parts.integers({2});
    const std::string length = parts.add("Slice", {shape, one, two});
    places = parts.add("Slice", {parts.input(3), zero, length});
  }
  std::string sum = parts.add("Add", {words, places});
  if (!parts.input(1).empty() && !parts.input(4).empty()) {
    sum = parts.add("Add", {sum, parts.add("Gather", {parts.input(4), parts.input(1)})});
  }
  normalize(parts, node, "LayerNormalization", {sum, parts.input(5), parts.input(6)});
}

// Queries, keys and values of all heads side by side, as ONNX's own operator takes them.
void attend_by_heads(OnnxParts& parts, const NodeProto& node, const Names& inputs) {
  parts.add("Attention", inputs);
  const auto heads = static_cast<int64_t>(number_of(node, "num_heads", 0));
  parts.set("q_num_heads", heads);
  parts.set("kv_num_heads", heads);
  parts.set("is_causal", static_cast<int64_t>(is_set(node, "unidirectional")));
  if (is_set(node, "scale")) parts.set("scale", number_of(node, "scale", 0));
}

Names thirds(OnnxParts& parts, const std::string& x) {
  Names names = {parts.add("Split", {x})};
  parts.set("axis", int64_t{-1});
  while (names.size() < 3) names.push_back(parts.add_output());
  return names;
}

void runtime_attention(OnnxParts& parts, const NodeProto& node) {
  const bool more = !parts.input(3).empty() || !parts.input(4).empty() || attribute_of(node, "qkv_hidden_sizes");
  if (more || is_set(node, "do_rotary")) return parts.give_up();
  std::string all = parts.add("MatMul", {parts.input(0), parts.input(1)});
  if (!parts.input(2).empty()) all = parts.add("Add", {all, parts.input(2)});
  Names inputs = thirds(parts, all);
  inputs.push_back(parts.input(5));
  attend_by_heads(parts, node, inputs);
}

void multi_head_attention(OnnxParts& parts, const NodeProto& node) {
  for (const int i : {4, 6, 7}) {
    if (!parts.input(i).empty()) return parts.give_up();
  }
  if (parts.input(1).empty() || parts.input(2).empty()) return parts.give_up();
  Names inputs = {parts.input(0), parts.input(1), parts.input(2)};
  if (!parts.input(3).empty()) {
    const Names biases = thirds(parts, parts.input(3));
    for (size_t i = 0; i < 3; ++i) inputs[i] = parts.add("Add", {inputs[i], biases[i]});
  }
  inputs.push_back(parts.input(5));
  attend_by_heads(parts, node, inputs);
}

void qlinear_conv(OnnxParts& parts, const NodeProto&) {
  const std::string x = numbers_from(parts, 0), w = numbers_from(parts, 3, 0);
  std::string bias;
  if (!parts.input(8).empty()) {
    bias = numbers(parts, {parts.input(8), parts.add("Mul", {parts.input(1), parts.input(4)})}, 0);
  }
  const std::string made = parts.add("Conv", {x, w, bias});
  parts.take_all();
  parts.add("QuantizeLinear", {made, parts.input(6), parts.input(7)});
}

void qlinear_matmul(OnnxParts& parts, const NodeProto&) {
  const std::string product = parts.add("MatMul", {numbers_from(parts, 0, -2), numbers_from(parts, 3, -1)});
  parts.add("QuantizeLinear", {product, parts.input(6), parts.input(7)});
}

void conv_integer(OnnxParts& parts, const NodeProto&) {
  const std::string one = parts.number(1);
  const std::string x = numbers(parts, {parts.input(0), one, parts.input(2)});
  const std::string w = numbers(parts, {parts.input(1), one, parts.input(3)}, 0);
  parts.add("Conv", {x, w});
  parts.take_all();
}

void matmul_integer(OnnxParts& parts, const NodeProto&) {
  const std::string one = parts.number(1);
  const std::string a = numbers(parts, {parts.input(0), one, parts.input(2)}, -2);
  parts.add("MatMul", {a, numbers(parts, {parts.input(1), one, parts.input(3)}, -1)});
}

// QLinearAdd, QLinearMul: two quantized values, then scale and zero point of the result.
void qlinear_pair(OnnxParts& parts, const NodeProto& node) {
  const std::string made = parts.add(node.op_type().substr(7), {numbers_from(parts, 0), numbers_from(parts, 3)});
  parts.add("QuantizeLinear", {made, parts.input(6), parts.input(7)});
}

// QLinearSigmoid, QLinearLeakyRelu, QLinearAveragePool, QLinearGlobalAveragePool.
void qlinear_single(OnnxParts& parts, const NodeProto& node) {
  const std::string made = parts.add(node.op_type().substr(7), {numbers_from(parts, 0)});
  parts.take_all({"channels_last"});
  parts.add("QuantizeLinear", {made, parts.input(3), parts.input(4)});
}

void qlinear_concat(OnnxParts& parts, const NodeProto& node) {
  Names joined;
  for (int i = 2; i + 2 < node.input_size(); i += 3) joined.push_back(numbers_from(parts, i));
  const std::string made = parts.add("Concat", joined);
  parts.take_all();
  parts.add("QuantizeLinear", {made, parts.input(0), parts.input(1)});
}

void quantized_gemm(OnnxParts& parts, const NodeProto& node) {
  const bool turned = is_set(node, "transB");
  const std::string a = numbers_from(parts, 0), b = numbers_from(parts, 3, turned ? 0 : 1);
  std::string bias;
  if (!parts.input(6).empty()) {
    bias = numbers(parts, {parts.input(6), parts.add("Mul", {parts.input(1), parts.input(4)})}, 0);
  }
  const std::string made = parts.add("Gemm", {a, b, bias});
  parts.take_all();
  if (!parts.input(7).empty()) parts.add("QuantizeLinear", {made, parts.input(7), parts.input(8)});
}

// Operators of ONNX Runtime that are the standard ones under its own domain.
void as_standard(OnnxParts& parts, const NodeProto& node) {
  parts.add(node.op_type(), Names(node.input().begin(), node.input().end()));
  parts.take_all();
}

// A row of numbers that stands in an attribute.
std::string numbers_of(OnnxParts& parts, const NodeProto& node, std::string_view name, float fallback) {
  const AttributeProto* found = attribute_of(node, name);
  if (found == nullptr || found->floats_size() == 0) return parts.number(fallback);
  return parts.numbers(*found);
}

void scaler(OnnxParts& parts, const NodeProto& node) {
  const std::string offset = numbers_of(parts, node, "offset", 0), scale = numbers_of(parts, node, "scale", 1);
  parts.add("Mul", {parts.add("Sub", {parts.input(0), offset}), scale});
}

struct Fused {
  std::string_view domain, op;
  void (*parts)(OnnxParts& parts, const NodeProto& node);
};
constexpr std::string_view kRuntime = "com.microsoft";
constexpr Fused kFused[] = {
    {"", "QLinearConv", qlinear_conv},
    {"", "QLinearMatMul", qlinear_matmul},
    {"", "ConvInteger", conv_integer},
    {"", "MatMulInteger", matmul_integer},
    {"", "SimplifiedLayerNormalization", simplified_normalization},
    {kRuntime, "SimplifiedLayerNormalization", simplified_normalization},
    {kRuntime, "SkipSimplifiedLayerNormalization", skip_normalization},
    {kRuntime, "SkipLayerNormalization", skip_normalization},
    {kRuntime, "EmbedLayerNormalization", embed_normalization},
    {kRuntime, "Attention", runtime_attention},
    {kRuntime, "MultiHeadAttention", multi_head_attention},
    {kRuntime, "FusedConv", fused_conv},
    {kRuntime, "FusedGemm", fused_gemm},
    {kRuntime, "FusedMatMul", fused_matmul},
    {kRuntime, "TransposeMatMul", fused_matmul},
    {kRuntime, "BiasGelu", bias_gelu},
    {kRuntime, "FastGelu", fast_gelu},
    {kRuntime, "QuickGelu", quick_gelu},
    {kRuntime, "QLinearConv", qlinear_conv},
    {kRuntime, "QLinearAdd", qlinear_pair},
    {kRuntime, "QLinearMul", qlinear_pair},
    {kRuntime, "QLinearSigmoid", qlinear_single},
    {kRuntime, "QLinearLeakyRelu", qlinear_single},
    {kRuntime, "QLinearAveragePool", qlinear_single},
    {kRuntime, "QLinearGlobalAveragePool", qlinear_single},
    {kRuntime, "QLinearConcat", qlinear_concat},
    {kRuntime, "QGemm", quantized_gemm},
    {"ai.onnx.ml", "Scaler", scaler},
    {kRuntime, "Gelu", as_standard},
    {kRuntime, "LayerNormalization", as_standard},
    {kRuntime, "QuantizeLinear", as_standard},
    {kRuntime, "DequantizeLinear", as_standard},
    {kRuntime, "Trilu", as_standard},
    {kRuntime, "GridSample", as_standard},
};

}  // namespace

std::vector<NodeProto> unfused(const NodeProto& node) {
  const std::string_view domain = node.domain() == "ai.onnx" ? "" : std::string_view(node.domain());
  for (const Fused& fused : kFused) {
    const bool last = is_set(node, "channels_last") || is_set(node, "transBatchA") || is_set(node, "transBatchB");
    if (fused.op != node.op_type() || fused.domain != domain || last || node.output_size() < 1 ||
        node.output(0).empty())
      continue;
    OnnxParts parts(node);
    fused.parts(parts, node);
    return parts.finish();
  }
  return {};
}

}  // namespace microtome
