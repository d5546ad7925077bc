// SPDX-License-Identifier: Apache-2.0
// The graph of operations that a network is: nodes between named values, in an order in which they can run.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace microtome {

using ValueIndex = int32_t;  // Into Graph::values; -1 = an optional input or output that is absent.

// Where a value that is there stands in Graph::values, and in lists of one entry a value.
constexpr size_t at_index(ValueIndex value) { return static_cast<size_t>(value); }

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                               std::vector<std::string>, at::Tensor>;

// One operation. Semantics are ONNX's at opset `version` of the node's operator; importers of other formats write the
// same vocabulary.
struct Node {
  std::string op;          // "Conv"
  std::string name;        // the file's name of the node, may be empty
  std::string scope = {};  // the module that it is part of, "layer1.0.conv1", where the file says it
  int64_t version = 13;
  std::vector<ValueIndex> inputs;
  std::vector<ValueIndex> outputs;
  std::map<std::string, Attribute> attributes;
  std::string refusal{};  // why it cannot run here, where that is known without trying
};

struct Value {
  std::string name;
  // With the batch axis; -1 where unknown. Filled for every value that depends on the input, by one run of the graph.
  std::vector<int64_t> shape;
  at::Tensor constant;  // Defined for weights and folded constants; never requires gradients.
};

struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;          // in an order in which they can run
  ValueIndex input = -1;            // the one input: [N,C,H,W], [N,C,L], [N,F] ...
  std::vector<ValueIndex> given{};  // what else is given at each run: only in a part of a network (network/behind.h)
  std::vector<ValueIndex> outputs;  // what the file calls outputs (logits first)
  std::vector<ValueIndex> held{};   // other inputs of the file: constants, of which whole branches may be computed
};

}  // namespace microtome
