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
