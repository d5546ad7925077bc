// SPDX-License-Identifier: Apache-2.0
// The network with shuffled weights, a baseline.
#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

at::Tensor shuffled(const at::Tensor& weight, const std::string& name, uint64_t seed) {
  at::Tensor out = weight.to(at::kFloat).contiguous().clone();
  float* values = out.data_ptr<float>();
  Rng rng(seed, "weights of " + name);
  for (int64_t i = out.numel(); i > 1; --i) std::swap(values[i - 1], values[rng.below(i)]);
  return out.to(weight.scalar_type());
}

// Values and nodes of a graph again, under other numbers.
class ShuffledCopy {
 public:
  ShuffledCopy(Graph& graph, uint64_t seed) : graph_(graph), seed_(seed) {}

  void add(const Node& node) {
    Node copy = node;
    if (!copy.name.empty()) copy.name = derived_name(copy.name, shuffled_suffix(seed_));
    for (size_t i = 0; i < copy.inputs.size(); ++i) copy.inputs[i] = input(node, node.inputs[i]);
    for (ValueIndex& output : copy.outputs) {
      if (output < 0) continue;
      Value value = graph_.values[at_index(output)];
      // Only what is asked for gets a name, and so becomes a layer.
      value.name.clear();
      graph_.values.push_back(std::move(value));
      output = copies_[output] = static_cast<ValueIndex>(graph_.values.size() - 1);
    }
    graph_.nodes.push_back(std::move(copy));
  }
  ValueIndex of(ValueIndex value) const {
    const auto found = copies_.find(value);
    return found == copies_.end() ? value : found->second;
  }

 private:
  ValueIndex input(const Node& node, ValueIndex value) {
    if (value < 0 || copies_.contains(value)) return of(value);
    const Value& given = graph_.values[at_index(value)];
    const bool weight = require_operator(node).mixes_channels && given.constant.defined() &&
                        given.constant.dim() >= 2 && at::isFloatingType(given.constant.scalar_type());
    if (!weight) return value;
    at::Tensor other = shuffled(given.constant, given.name, seed_);
    return copies_[value] = add_constant(graph_, derived_name(given.name, shuffled_suffix(seed_)), std::move(other));
  }

  Graph& graph_;
  uint64_t seed_;
  std::map<ValueIndex, ValueIndex> copies_;
};

}  // namespace

Network with_shuffled_weights(const Network& network, std::span<const std::string> layers, uint64_t seed) {
  std::vector<ValueIndex> wanted;
  for (const std::string& layer : layers) wanted.push_back(network.layer(layer).value);
  Graph graph = network.graph();
  // From the last node back: what the layers need.
  std::set<ValueIndex> needed(wanted.begin(), wanted.end());
  std::vector<Node> nodes;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const auto is_needed = [&](ValueIndex value) { return value >= 0 && needed.contains(value); };
    if (std::none_of(node->outputs.begin(), node->outputs.end(), is_needed)) continue;
    needed.insert(node->inputs.begin(), node->inputs.end());
    nodes.push_back(*node);
  }
  ShuffledCopy copy(graph, seed);
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) copy.add(*node);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string name = derived_name(network.layer(layers[i]).name, shuffled_suffix(seed));
    graph.values[at_index(copy.of(wanted[i]))].name = name;
  }
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
