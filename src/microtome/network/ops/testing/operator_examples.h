// SPDX-License-Identifier: Apache-2.0
// A node of each operator that runs, for tests of all of them.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "microtome/network/network_testing.h"

namespace microtome::testing {

using Attributes = std::map<std::string, Attribute>;

// A node that runs. inputs[0] is the network's.
struct Example {
  std::vector<at::Tensor> inputs;
  Attributes attributes{};
  int64_t version = 13;
};

inline at::Tensor longs(std::vector<int64_t> values) { return at::tensor(values, at::kLong); }
inline at::Tensor maps() { return random_float({1, 4, 6, 6}, "maps"); }
inline at::Tensor whole() { return at::arange(24, at::kLong).reshape({1, 4, 6}); }
inline at::Tensor flags() { return at::ones({1, 4, 6, 6}, at::kBool); }
inline std::vector<int64_t> twice(int64_t n) { return {n, n}; }

inline std::vector<Example> convolutions() {
  const at::Tensor weight = random_float({4, 2, 3, 3}, "weight"), bias = random_float({4}, "bias");
  return {{{maps(), weight, bias},
           {{"group", int64_t{2}},
            {"kernel_shape", twice(3)},
            {"strides", twice(1)},
            {"dilations", twice(1)},
            {"pads", ints({1, 1, 0, 1})}}}};
}

inline std::vector<Example> normalizations(int extra) {
  Example example{{maps()}, {{"epsilon", 1e-5}}};
  for (int i = 0; i < extra; ++i) example.inputs.push_back(at::rand({4}));
  return {example};
}

inline std::vector<Example> pools() {
  return {{{maps()},
           {{"kernel_shape", twice(3)},
            {"strides", twice(2)},
            {"dilations", twice(1)},
            {"pads", ints({1, 1, 0, 1})},
            {"ceil_mode", int64_t{1}}}}};
}

inline std::vector<Example> integer_pairs() { return {{{whole(), whole() + 1}}, {{maps(), maps()}}}; }

inline std::vector<Example> old_pairs() {
  return {{{maps(), maps()}},
          {{maps(), random_float({4}, "axis")}, {{"broadcast", int64_t{1}}, {"axis", int64_t{1}}}, 6}};
}

inline std::vector<Example> reductions() {
  return {{{maps()}, {{"axes", ints({2})}, {"keepdims", int64_t{1}}}, 11},
          {{maps(), longs({2, 3})}, {{"noop_with_empty_axes", int64_t{0}}}, 18}};
}

// [T,N,I] in both directions, of their own lengths, with every input.
inline std::vector<Example> sequences(int64_t gates) {
  Example example{{at::rand({4, 2, 3}), at::rand({2, gates * 5, 3}), at::rand({2, gates * 5, 5}),
                   at::rand({2, gates * 10}), longs({3, 4}), at::rand({2, 2, 5})},
                  {{"direction", std::string("bidirectional")}, {"clip", 3.0}},
                  14};
  if (gates == 4) {
    example.inputs.push_back(at::rand({2, 2, 5}));
    example.inputs.push_back(at::rand({2, 15}));
  }
  Example forward{
      {at::rand({2, 4, 3}), at::rand({1, gates * 5, 3}), at::rand({1, gates * 5, 5})}, {{"layout", int64_t{1}}}, 14};
  return {example, forward};
}

inline std::vector<Example> windows() { return {{{longs({8}).squeeze()}, {{"periodic", int64_t{0}}}, 17}}; }

inline std::vector<Example> attentions() {
  const at::Tensor rows = at::rand({1, 4, 6}), heads = at::rand({1, 2, 4, 6});
  return {{{rows, rows, rows, at::ones({4, 4}, at::kBool)},
           {{"q_num_heads", int64_t{2}}, {"kv_num_heads", int64_t{2}}, {"is_causal", int64_t{1}}, {"softcap", 2.0}},
           23},
          {{heads, heads, heads, at::rand({4, 7}), at::rand({1, 2, 3, 6}), at::rand({1, 2, 3, 6})}, {}, 23}};
}

inline std::vector<Example> regions() {
  return {{{maps(), at::tensor({0.0F, 0.0F, 4.0F, 5.0F}).reshape({1, 4}), longs({0})},
           {{"output_height", int64_t{2}}, {"output_width", int64_t{2}}, {"sampling_ratio", int64_t{2}}},
           16}};
}

inline std::vector<Example> boxes() {
  const auto one = [](double value) { return at::tensor({value}).to(at::kFloat); };
  return {{{at::rand({1, 4, 4}), at::rand({1, 2, 4}), longs({2}), one(0.5), one(0.1)}}};
}

inline std::vector<Example> scatterings() {
  const at::Tensor places = longs({0, 1, 2, 3}).reshape({2, 2});
  return {{{at::rand({4, 3}), places, at::rand({2, 2})}},
          {{at::rand({4, 3}), places, at::rand({2, 2})}, {{"reduction", std::string("mul")}}, 18}};
}

inline std::vector<Example> whole_numbers() { return {{{whole()}}}; }
inline std::vector<Example> whole_pairs() { return {{{whole(), whole() + 1}}}; }

// Operators whose examples are not {maps}.
inline const std::map<std::string, std::function<std::vector<Example>()>>& special_examples() {
  using Examples = std::vector<Example>;
  const auto tensor = [](double value) { return at::scalar_tensor(value, at::kFloat); };
  static const std::map<std::string, std::function<Examples()>> kExamples = {
      {"Conv", convolutions},
      {"ConvTranspose", convolutions},
      {"BatchNormalization", [] { return normalizations(4); }},
      {"InstanceNormalization", [] { return normalizations(2); }},
      {"LRN",
       [] {
         return Examples{{{maps()}, {{"size", int64_t{3}}}}};
       }},
      {"MaxPool", pools},
      {"AveragePool", pools},
      {"PRelu",
       [] {
         return Examples{{{maps(), at::rand({4, 1, 1})}}, {{maps(), at::rand({4})}, {}, 6}};
       }},
      {"Clip",
       [tensor] {
         return Examples{{{maps(), tensor(-1), tensor(1)}}, {{maps()}, {{"min", 0.0}}, 6}};
       }},
      {"Gemm",
       [] {
         return Examples{{{at::rand({2, 3}), at::rand({3, 5}), at::rand({5})}}};
       }},
      {"MatMul",
       [] {
         return Examples{{{maps(), at::rand({6, 5})}}};
       }},
      {"Where",
       [] {
         return Examples{{{flags(), maps(), maps()}}};
       }},
      {"Not", [] { return Examples{{{flags()}}}; }},
      {"Cast",
       [] {
         return Examples{{{maps()}, {{"to", int64_t{7}}}}};
       }},
      {"Reshape",
       [] {
         return Examples{{{maps(), longs({1, -1})}}, {{maps()}, {{"shape", ints({0, -1})}}, 1}};
       }},
      {"Squeeze",
       [] {
         return Examples{{{maps(), longs({0})}}, {{maps()}, {{"axes", ints({0})}}, 11}};
       }},
      {"Unsqueeze",
       [] {
         return Examples{{{maps(), longs({0, 2})}}, {{maps()}, {{"axes", ints({0})}}, 11}};
       }},
      {"Expand",
       [] {
         return Examples{{{at::rand({1, 3, 1}), longs({1, 3, 4})}}};
       }},
      {"Tile",
       [] {
         return Examples{{{maps(), longs({1, 1, 2, 1})}}};
       }},
      {"DepthToSpace",
       [] {
         return Examples{{{maps()}, {{"blocksize", int64_t{2}}}}};
       }},
      {"SpaceToDepth",
       [] {
         return Examples{{{maps()}, {{"blocksize", int64_t{2}}}}};
       }},
      {"Constant",
       [] {
         return Examples{{{maps()}, {{"value_ints", ints({1, 2})}}}, {{maps()}, {{"value", longs({1})}}}};
       }},
      {"ConstantOfShape",
       [] {
         return Examples{{{longs({2, 3})}, {{"value", longs({1})}}}};
       }},
      {"LayerNormalization",
       [] {
         return Examples{{{maps(), at::rand({6}), at::rand({6})}}};
       }},
      {"GroupNormalization",
       [] {
         return Examples{{{maps(), at::rand({4}), at::rand({4})}, {{"num_groups", int64_t{2}}}, 21}};
       }},
      {"Range",
       [tensor] {
         return Examples{{{tensor(0), tensor(5), tensor(2)}},
                         {{longs({0}).squeeze(), longs({5}).squeeze(), longs({2}).squeeze()}}};
       }},
      {"Upsample",
       [] {
         return Examples{{{maps(), at::tensor({1.0F, 1.0F, 2.0F, 2.0F})}, {}, 9}};
       }},
      {"Resize",
       [] {
         const at::Tensor scales = at::tensor({1.0F, 1.0F, 2.0F, 0.5F});
         return Examples{{{maps(), {}, scales}},
                         {{maps(), {}, scales}, {{"mode", std::string("linear")}}},
                         {{maps(), {}, {}, longs({1, 4, 3, 9})}}};
       }},
      {"Slice",
       [] {
         return Examples{{{maps(), longs({1, 0}), longs({3, 4}), longs({1, 3}), longs({1, 2})}},
                         {{maps()}, {{"starts", ints({1})}, {"ends", ints({3})}, {"axes", ints({2})}}, 9}};
       }},
      {"Split",
       [] {
         return Examples{{{maps(), longs({1})}}, {{maps()}, {{"split", ints({1})}}, 11}};
       }},
      {"Gather",
       [] {
         return Examples{{{maps(), longs({1, 2})}, {{"axis", int64_t{1}}}}};
       }},
      {"Pad",
       [tensor] {
         const at::Tensor pads = longs({0, 0, 1, 1, 0, 0, 1, -1}), edges = longs({0, 0, 1, 1, 0, 0, 1, 1});
         return Examples{{{maps(), pads, tensor(0)}},
                         {{maps(), edges}, {{"mode", std::string("reflect")}}},
                         {{maps(), edges}, {{"mode", std::string("edge")}}},
                         {{maps()}, {{"pads", ints({0, 0, 1, 1, 0, 0, 1, 1})}}, 10}};
       }},
      {"RNN", [] { return sequences(1); }},
      {"GRU", [] { return sequences(3); }},
      {"LSTM", [] { return sequences(4); }},
      {"HannWindow", windows},
      {"HammingWindow", windows},
      {"BlackmanWindow", windows},
      {"Attention", attentions},
      {"RoiAlign", regions},
      {"NonMaxSuppression", boxes},
      {"ScatterElements", scatterings},
      {"Scatter", scatterings},
      {"BitwiseNot", whole_numbers},
      {"BitwiseAnd", whole_pairs},
      {"BitwiseOr", whole_pairs},
      {"BitwiseXor", whole_pairs},
      {"Xor",
       [] {
         return Examples{{{flags(), flags()}}};
       }},
      {"BitShift",
       [] {
         return Examples{{{whole(), whole()}, {{"direction", std::string("LEFT")}}}};
       }},
      {"CastLike",
       [] {
         return Examples{{{maps(), whole()}}};
       }},
      {"Einsum",
       [] {
         return Examples{{{maps(), at::rand({6, 5})}, {{"equation", std::string("...ij,jk->...ik")}}}};
       }},
      {"RMSNormalization",
       [] {
         return Examples{{{maps(), at::rand({6})}, {}, 23}};
       }},
      {"GatherElements",
       [] {
         return Examples{{{at::rand({4, 3}), longs({0, 1, 2, 3}).reshape({2, 2})}}};
       }},
      {"GatherND",
       [] {
         return Examples{{{at::rand({2, 3, 4}), longs({0, 1}).reshape({2, 1})}, {{"batch_dims", int64_t{1}}}}};
       }},
      {"ScatterND",
       [] {
         return Examples{{{at::rand({4, 3}), longs({0, 1, 2, 2}).reshape({2, 2}), at::rand({2})}}};
       }},
      {"OneHot",
       [] {
         return Examples{{{longs({0, 2, -1}), longs({4}), at::tensor({0.0F, 1.0F})}}};
       }},
      {"Compress",
       [] {
         return Examples{{{maps(), at::tensor({1, 0, 1, 1}).to(at::kBool)}, {{"axis", int64_t{1}}}}};
       }},
      {"TopK",
       [] {
         return Examples{{{maps(), longs({2})}}, {{maps()}, {{"k", int64_t{2}}}, 9}};
       }},
      {"Trilu",
       [] {
         return Examples{{{maps(), longs({1})}, {}, 14}};
       }},
      {"CumSum",
       [] {
         return Examples{{{maps(), longs({1}).squeeze()}, {{"exclusive", int64_t{1}}}}};
       }},
      {"ReverseSequence",
       [] {
         return Examples{{{at::rand({4, 2, 3}), longs({3, 4})}}};
       }},
      {"EyeLike",
       [] {
         return Examples{{{at::rand({4, 3})}}};
       }},
      {"QuantizeLinear",
       [tensor] {
         const at::Tensor scales = at::rand({4}) + 0.1, zeros = at::zeros({4}, at::kByte);
         return Examples{{{maps(), scales, zeros}, {}, 13},
                         {{maps(), tensor(0.1)}, {{"output_dtype", int64_t{3}}}, 21}};
       }},
      {"DequantizeLinear",
       [] {
         const at::Tensor bytes = at::arange(24, at::kByte).reshape({4, 6});
         return Examples{{{bytes, at::rand({6}), at::zeros({6}, at::kByte)}, {}, 13},
                         {{bytes, at::rand({4, 3})}, {{"block_size", int64_t{2}}}, 21}};
       }},
      {"RotaryEmbedding",
       [] {
         return Examples{
             {{at::rand({1, 2, 3, 8}), at::rand({5, 4}), at::rand({5, 4}), longs({0, 1, 2}).reshape({1, 3})}, {}, 23},
             {{at::rand({1, 3, 8}), at::rand({1, 3, 2}), at::rand({1, 3, 2})},
              {{"num_heads", int64_t{2}}, {"interleaved", int64_t{1}}},
              23}};
       }},
      {"GridSample",
       [] {
         return Examples{{{maps(), at::rand({1, 2, 3, 2})}, {}, 16}};
       }},
      {"AffineGrid",
       [] {
         return Examples{{{at::rand({1, 2, 3}), longs({1, 3, 4, 5})}, {}, 20}};
       }},
      {"MaxUnpool",
       [] {
         return Examples{{{at::rand({1, 1, 2, 2}), longs({0, 3, 9, 15}).reshape({1, 1, 2, 2}), longs({1, 1, 5, 5})},
                          {{"kernel_shape", twice(2)}, {"strides", twice(2)}}}};
       }},
      {"LpPool", pools},
      {"DFT",
       [] {
         return Examples{{{at::rand({1, 6, 2}), longs({8}).squeeze()}, {}, 17},
                         {{at::rand({1, 6, 1}), {}, longs({1}).squeeze()}, {{"onesided", int64_t{1}}}, 20}};
       }},
      {"STFT",
       [] {
         return Examples{{{at::rand({1, 32, 1}), longs({4}).squeeze(), at::rand({8})}, {}, 17}};
       }},
      {"MelWeightMatrix",
       [tensor] {
         return Examples{
             {{longs({4}).squeeze(), longs({64}).squeeze(), longs({8000}).squeeze(), tensor(0), tensor(4000)}, {}, 17}};
       }},
      {"Div", [] { return integer_pairs(); }},
      {"Mod", [] { return integer_pairs(); }},
      {"Pow", [] { return integer_pairs(); }},
      {"And",
       [] {
         return Examples{{{flags(), flags()}}};
       }},
      {"Or",
       [] {
         return Examples{{{flags(), flags()}}};
       }},
  };
  return kExamples;
}

inline std::vector<Example> examples_of(const std::string& op) {
  const auto found = special_examples().find(op);
  if (found != special_examples().end()) return found->second();
  if (op.starts_with("Reduce")) return reductions();
  for (const char* one : {"Add", "Sub", "Mul", "Equal", "Greater", "Less"}) {
    if (op == one) return old_pairs();
  }
  for (const char* one : {"Sum", "Mean", "Max", "Min", "GreaterOrEqual", "LessOrEqual"}) {
    if (op == one) return {{{maps(), maps()}}};
  }
  return {{{maps()}}};
}

}  // namespace microtome::testing
