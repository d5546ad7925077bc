// SPDX-License-Identifier: Apache-2.0
// Layers before their rectifier.
#include <algorithm>

#include "microtome/network/derived_name.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

bool clamps(const Node& node) { return require_operator(node).lower_bound != nullptr; }

// The value before the rectifier that makes `value`; -1 when it is not rectified.
ValueIndex before_rectifier(const Graph& graph, const std::vector<int>& makers, ValueIndex value) {
  const int maker = makers[at_index(value)];
  if (maker < 0) return -1;
  const Node& node = graph.nodes[static_cast<size_t>(maker)];
  return clamps(node) ? node.inputs[0] : -1;
}

}  // namespace

Network with_pre_activation(const Network& network, const std::string& layer) {
  Graph graph = network.graph();
  const std::vector<int> makers = find_makers(graph);
  const ValueIndex value = network.layer(layer).value;
  const int maker = makers[at_index(value)];
  if (maker < 0) return network;
  Node twin = graph.nodes[static_cast<size_t>(maker)];
  if (clamps(twin)) {
    twin.inputs = {twin.inputs[0]};
    twin.op = "Identity";
    twin.attributes.clear();
  } else if (require_operator(twin).joins_inputs) {
    for (ValueIndex& input : twin.inputs) {
      input = before_rectifier(graph, makers, input);
      if (input < 0) return network;
    }
  } else {
    return network;
  }
  Value made;
  made.name = derived_name(network.layer(layer).name, kPreActivation);
  made.shape = graph.values[at_index(value)].shape;
  twin.name = made.name;
  twin.outputs = {static_cast<ValueIndex>(graph.values.size())};
  graph.values.push_back(std::move(made));
  graph.nodes.insert(graph.nodes.begin() + maker + 1, std::move(twin));
  return {std::move(graph), network.facts()};
}

}  // namespace microtome
