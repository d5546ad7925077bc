// SPDX-License-Identifier: Apache-2.0
// Graph to graph: what the passes of passes.h are made of.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

struct NodeFacts;

// Only the nodes and values that the wanted values need; these become the outputs, in the order given.
Graph pruned_graph(const Graph& graph, std::span<const ValueIndex> wanted);

// Each affine node of channels (BatchNormalization) whose input comes from a convolution or Gemm, is read by nothing
// else and is not in `keep`, folded into that node.
Graph folded_batch_norm(const Graph& graph, std::span<const ValueIndex> keep);

// Adds nodes that compute only the channels `units` of a value, in that order, as slice_units() says; the value that
// they end in, or -1 when that would save nothing (and nothing was added).
ValueIndex add_slice(Graph& graph, ValueIndex value, std::span<const int64_t> units);

// The chosen nodes become the operator of the same forward and another backward, where there is one: "Relu",
// "GuidedRelu".
Graph with_other_backward(Graph graph, bool (*chosen)(const NodeFacts&), const std::string& prefix);

// Clamps replaced as redirect_dead_relus() says.
Graph redirected_graph(Graph graph);

// Reads of each value: by nodes, and once for each place in graph.outputs.
std::vector<int> count_readers(const Graph& graph);

// The node that makes each value, as an index into graph.nodes; -1 for the input and for constants.
std::vector<int> find_makers(const Graph& graph);

// The constant that input i of a node is; undefined when it is absent or computed.
const at::Tensor& constant_input(const Graph& graph, const Node& node, size_t i);

// The axis of the node's weights (input 1) that counts its output units; -1 when it has none or they are computed.
int64_t unit_axis(const Graph& graph, const Node& node);

ValueIndex add_constant(Graph& graph, std::string name, at::Tensor tensor);
ValueIndex add_integers(Graph& graph, const std::string& name, const std::vector<int64_t>& values);

// Makes the graph's input of a new one of this shape, which takes its name: `op` reads the new one and `more`.
void add_before_input(Graph& graph, const std::string& op, std::vector<ValueIndex> more,
                      std::map<std::string, Attribute> attributes, std::vector<int64_t> shape);

// Adds a node right behind what it reads; the value that it makes bears its name. `shape` with the batch axis.
ValueIndex add_node(Graph& graph, const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                    std::map<std::string, Attribute> attributes, std::vector<int64_t> shape);

}  // namespace microtome
