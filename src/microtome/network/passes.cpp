// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/passes.h"

#include <ATen/ATen.h>

#include "microtome/network/ops/operator.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

std::vector<ValueIndex> values_of(const Network& network, std::span<const std::string> layers) {
  std::vector<ValueIndex> values;
  for (const std::string& layer : layers) values.push_back(network.layer(layer).value);
  return values;
}

bool is_clamp(const NodeFacts& facts) { return require_operator(facts.node).lower_bound != nullptr; }

bool is_rectifier(const NodeFacts& facts) {
  return is_clamp(facts) && require_operator(facts.node).lower_bound(facts) == 0;
}

// The chosen nodes become the operator of the same forward and another backward, where there is one: "Relu",
// "GuidedRelu".
Graph renamed(Graph graph, bool (*chosen)(const NodeFacts&), const std::string& prefix) {
  for (Node& node : graph.nodes) {
    if (chosen({node, graph}) && find_operator(prefix + node.op) != nullptr) node.op = prefix + node.op;
  }
  return graph;
}

}  // namespace

Network prune_to(const Network& network, std::span<const std::string> layers) {
  return {pruned_graph(network.graph(), values_of(network, layers)), network.facts(), network.layers()};
}

Network fold_batch_norm(const Network& network, std::span<const std::string> keep) {
  return {folded_batch_norm(network.graph(), values_of(network, keep)), network.facts(), network.layers()};
}

Graph redirected_graph(Graph graph) {
  return renamed(std::move(graph), is_clamp, "Redirected");
}

Network redirect_dead_relus(const Network& network) {
  return {redirected_graph(network.graph()), network.facts(), network.layers()};
}

Network guided_backprop(const Network& network) {
  return {renamed(network.graph(), is_rectifier, "Guided"), network.facts(), network.layers()};
}

Network deconvolution(const Network& network) {
  return {renamed(network.graph(), is_rectifier, "Deconvolved"), network.facts(), network.layers()};
}

}  // namespace microtome
