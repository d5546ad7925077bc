// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/surgery.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"

namespace microtome {
namespace {

void fold_into(Graph& graph, Node& node, const Node& norm, int64_t axis, const ChannelAffine& affine) {
  const at::Tensor weight = constant_input(graph, node, 1);
  const at::Tensor bias = constant_input(graph, node, 2);
  std::vector<int64_t> along(static_cast<size_t>(weight.dim()), 1);
  along[static_cast<size_t>(axis)] = -1;
  const std::string name = graph.values[at_index(norm.outputs[0])].name;  // add_constant moves the values
  const at::Tensor folded = (weight.to(at::kDouble) * affine.factor.reshape(along)).to(weight.scalar_type());
  at::Tensor shift = affine.shift;
  if (bias.defined()) shift = shift + bias.to(at::kDouble).reshape(-1) * affine.factor;
  const at::Tensor folded_bias = shift.to(weight.scalar_type());
  node.inputs.resize(3, -1);
  node.inputs[1] = add_constant(graph, name + ".weight", folded.contiguous());
  node.inputs[2] = add_constant(graph, name + ".bias", folded_bias.contiguous());
  node.outputs = {norm.outputs[0]};
}

}  // namespace

const at::Tensor& constant_input(const Graph& graph, const Node& node, size_t i) {
  return NodeFacts{node, graph}.constant(i);
}

int64_t unit_axis(const Graph& graph, const Node& node) {
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  const bool constant =
      constant_input(graph, node, 1).defined() && (!has_bias || constant_input(graph, node, 2).defined());
  const Operator& op = require_operator(node);
  return constant && op.unit_axis ? op.unit_axis(node) : -1;
}

ValueIndex add_constant(Graph& graph, std::string name, at::Tensor tensor) {
  std::vector<int64_t> shape = tensor.sizes().vec();
  graph.values.push_back({std::move(name), std::move(shape), std::move(tensor)});
  return static_cast<ValueIndex>(graph.values.size()) - 1;
}

ValueIndex add_integers(Graph& graph, const std::string& name, const std::vector<int64_t>& values) {
  return add_constant(graph, name, at::tensor(values, at::kLong));
}

ValueIndex add_node(Graph& graph, const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                    std::map<std::string, Attribute> attributes, std::vector<int64_t> shape) {
  const std::vector<int> makers = find_makers(graph);
  int last = -1;
  for (const ValueIndex input : inputs) last = std::max(last, makers[at_index(input)]);
  Node node;
  node.op = op;
  node.name = name;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  const auto made = static_cast<ValueIndex>(graph.values.size());
  node.outputs = {made};
  graph.values.push_back({name, std::move(shape), {}});
  graph.nodes.insert(graph.nodes.begin() + last + 1, std::move(node));
  return made;
}

void add_before_input(Graph& graph, const std::string& op, std::vector<ValueIndex> more,
                      std::map<std::string, Attribute> attributes, std::vector<int64_t> shape) {
  Node node;
  node.op = op;
  node.name = std::move(graph.values[at_index(graph.input)].name);
  graph.values[at_index(graph.input)].name.clear();  // no layer of its own
  node.inputs = std::move(more);
  node.inputs.insert(node.inputs.begin(), static_cast<ValueIndex>(graph.values.size()));
  node.outputs = {graph.input};
  node.attributes = std::move(attributes);
  graph.input = node.inputs[0];
  graph.values.push_back({node.name, std::move(shape), {}});
  graph.nodes.insert(graph.nodes.begin(), std::move(node));
}

Graph with_other_backward(Graph graph, bool (*chosen)(const NodeFacts&), const std::string& prefix) {
  for (Node& node : graph.nodes) {
    if (chosen({node, graph}) && find_operator(prefix + node.op) != nullptr) node.op = prefix + node.op;
  }
  return graph;
}

std::vector<int> count_readers(const Graph& graph) {
  std::vector<int> readers(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueIndex value : node.inputs) {
      if (value >= 0) ++readers[at_index(value)];
    }
  }
  for (const ValueIndex value : graph.outputs) ++readers[at_index(value)];
  return readers;
}

std::vector<int> find_makers(const Graph& graph) {
  std::vector<int> makers(graph.values.size(), -1);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueIndex value : graph.nodes[i].outputs) {
      if (value >= 0) makers[at_index(value)] = static_cast<int>(i);
    }
  }
  return makers;
}

Graph pruned_graph(const Graph& graph, std::span<const ValueIndex> wanted) {
  Graph out;
  std::vector<ValueIndex> moved(graph.values.size(), -1);
  auto move = [&](ValueIndex value) -> ValueIndex {
    if (value < 0) return -1;
    ValueIndex& target = moved[at_index(value)];
    if (target < 0) {
      target = static_cast<ValueIndex>(out.values.size());
      out.values.push_back(graph.values[at_index(value)]);
    }
    return target;
  };
  out.input = move(graph.input);
  for (const Node* node : needed_nodes(graph, wanted)) {
    Node copy = *node;
    for (ValueIndex& value : copy.inputs) value = move(value);
    for (ValueIndex& value : copy.outputs) value = move(value);
    out.nodes.push_back(std::move(copy));
  }
  for (const ValueIndex value : wanted) out.outputs.push_back(move(value));
  return out;
}

Graph folded_batch_norm(const Graph& graph, std::span<const ValueIndex> keep) {
  Graph out = graph;
  const std::vector<int> readers = count_readers(graph);
  const std::vector<int> makers = find_makers(graph);
  std::vector<char> folded(graph.nodes.size(), 0);
  for (size_t i = 0; i < out.nodes.size(); ++i) {
    const Node norm = out.nodes[i];
    const Operator& op = require_operator(norm);
    if (op.channel_affine == nullptr) continue;
    const ValueIndex between = norm.inputs[0];
    const int maker = makers[at_index(between)];
    const bool tapped = std::count(keep.begin(), keep.end(), between) > 0;
    if (maker < 0 || tapped || readers[at_index(between)] != 1) continue;
    Node& node = out.nodes[static_cast<size_t>(maker)];
    const int64_t axis = unit_axis(out, node);
    const ChannelAffine affine = op.channel_affine({norm, out});
    if (axis < 0 || !affine.factor.defined()) continue;
    fold_into(out, node, norm, axis, affine);
    folded[i] = 1;
  }
  size_t i = 0;
  std::erase_if(out.nodes, [&](const Node&) { return folded[i++] != 0; });
  return out;
}

}  // namespace microtome
