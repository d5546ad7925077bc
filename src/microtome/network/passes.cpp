// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/passes.h"

#include <ATen/ATen.h>

#include <map>

#include "microtome/network/surgery.h"

namespace microtome {
namespace {

std::vector<ValueIndex> values_of(const Network& network, std::span<const std::string> layers) {
  std::vector<ValueIndex> values;
  for (const std::string& layer : layers) values.push_back(network.layer(layer).value);
  return values;
}

}  // namespace

Network prune_to(const Network& network, std::span<const std::string> layers) {
  return {pruned_graph(network.graph(), values_of(network, layers)), network.facts(), network.layers()};
}

Network fold_batch_norm(const Network& network, std::span<const std::string> keep) {
  return {folded_batch_norm(network.graph(), values_of(network, keep)), network.facts(), network.layers()};
}

Graph redirected_graph(Graph graph) {
  static const std::map<std::string, std::string> kRedirected = {{"Relu", "RedirectedRelu"},
                                                                 {"Clip", "RedirectedClip"}};
  for (Node& node : graph.nodes) {
    const auto found = kRedirected.find(node.op);
    if (found != kRedirected.end()) node.op = found->second;
  }
  return graph;
}

Network redirect_dead_relus(const Network& network) {
  return {redirected_graph(network.graph()), network.facts(), network.layers()};
}

}  // namespace microtome
