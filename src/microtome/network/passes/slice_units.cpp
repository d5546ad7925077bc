// SPDX-License-Identifier: Apache-2.0
// slice_units: the last convolutions of a layer cut to the channels asked for.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

using Units = std::vector<int64_t>;

at::Tensor index_of(const Units& units) { return at::tensor(units, at::kLong); }

// Adds the sliced nodes behind the old ones, which pruning then removes. Refers to the graph.
class Slicer {
 public:
  explicit Slicer(Graph& graph) : graph_(graph), readers_(count_readers(graph)), makers_(find_makers(graph)) {}

  // The value with only those channels, or -1 when it is not made so that this saves work.
  ValueIndex slice(ValueIndex value, const Units& units) {
    const int maker = makers_[at_index(value)];
    if (maker < 0 || readers_[at_index(value)] != 1) return -1;
    Node node = graph_.nodes[static_cast<size_t>(maker)];
    const Operator& op = require_operator(node);
    if (op.joins_inputs) return slice_branches(value, node, units);
    if (op.each_channel_alone) return slice_behind(value, node, op, units);
    return slice_weights(value, node, units);
  }

 private:
  ValueIndex add_node(Node node, std::string name) {
    graph_.values.push_back({std::move(name), {}, {}});
    const auto made = static_cast<ValueIndex>(graph_.values.size()) - 1;
    node.outputs = {made};
    graph_.nodes.push_back(std::move(node));
    return made;
  }

  ValueIndex slice_weights(ValueIndex value, Node node, const Units& units) {
    const int64_t axis = unit_axis(graph_, node);
    if (axis < 0) return -1;
    const at::Tensor weight = constant_input(graph_, node, 1);
    const at::Tensor bias = constant_input(graph_, node, 2);
    const bool grouped = int_attribute(node, "group", 1) != 1;
    if (grouped || (bias.defined() && bias.numel() != weight.size(axis))) return -1;
    const std::string name = graph_.values[at_index(value)].name;
    const at::Tensor index = index_of(units);
    node.inputs[1] = add_constant(graph_, name + ".weight", weight.index_select(axis, index).contiguous());
    if (bias.defined()) {
      node.inputs[2] = add_constant(graph_, name + ".bias", bias.reshape(-1).index_select(0, index));
    }
    return add_node(std::move(node), name);
  }

  ValueIndex slice_behind(ValueIndex value, Node node, const Operator& op, const Units& units) {
    for (size_t i = 1; i < node.inputs.size() && op.channel_parameters; ++i) {
      if (!constant_input(graph_, node, i).defined()) return -1;
    }
    const ValueIndex before = slice(node.inputs[0], units);
    if (before < 0) return -1;
    const std::string name = graph_.values[at_index(value)].name;
    for (size_t i = 1; i < node.inputs.size() && op.channel_parameters; ++i) {
      const at::Tensor parameter = constant_input(graph_, node, i);
      node.inputs[i] = add_constant(graph_, fmt::format("{}.{}", name, i), parameter.index_select(0, index_of(units)));
    }
    node.inputs[0] = before;
    return add_node(std::move(node), name);
  }

  ValueIndex gather(ValueIndex value, const Units& units, std::string name) {
    Node node;
    node.op = "Gather";
    node.name = name;
    node.inputs = {value, add_constant(graph_, name + ".index", index_of(units))};
    node.attributes = {{"axis", int64_t{1}}};
    return add_node(std::move(node), std::move(name));
  }

  // A branch that cannot be sliced is computed whole and gathered from.
  ValueIndex slice_branches(ValueIndex value, Node node, const Units& units) {
    const auto rank = static_cast<int64_t>(graph_.values[at_index(value)].shape.size());
    if (normal_axis(int_attribute(node, "axis", 1), rank) != 1) return -1;
    const std::string name = graph_.values[at_index(value)].name;
    std::vector<ValueIndex> branches;
    Units place(units.size());  // where in the new concatenation each unit comes to lie
    int64_t first = 0, placed = 0;
    for (const ValueIndex part : node.inputs) {
      const Value& whole = graph_.values[at_index(part)];
      const int64_t channels = whole.constant.defined() ? whole.constant.size(1) : whole.shape[1];
      Units own;
      for (size_t i = 0; i < units.size(); ++i) {
        if (units[i] < first || units[i] >= first + channels) continue;
        own.push_back(units[i] - first);
        place[i] = placed++;
      }
      first += channels;
      if (own.empty()) continue;
      const std::string part_name = whole.name;
      const ValueIndex sliced = slice(part, own);
      branches.push_back(sliced >= 0 ? sliced : gather(part, own, part_name + ".units"));
    }
    node.inputs = branches;
    const bool in_order = std::is_sorted(place.begin(), place.end());
    const ValueIndex joined = add_node(std::move(node), in_order ? name : name + ".joined");
    return in_order ? joined : gather(joined, place, name);
  }

  Graph& graph_;
  const std::vector<int> readers_;
  const std::vector<int> makers_;
};

}  // namespace

ValueIndex add_slice(Graph& graph, ValueIndex value, std::span<const int64_t> units) {
  return Slicer(graph).slice(value, Units(units.begin(), units.end()));
}

Network slice_units(const Network& network, const std::string& layer, std::span<const int64_t> units) {
  const Layer& whole = network.layer(layer);
  for (const int64_t unit : units) {
    if (unit >= 0 && unit < whole.units) continue;
    throw Error(ErrorKind::kUsage, fmt::format("layer \"{}\"", layer),
                fmt::format("has no unit {}; units are 0 to {}", unit, whole.units - 1));
  }
  if (units.empty()) return network;
  Graph graph = pruned_graph(network.graph(), std::span(&whole.value, 1));
  const ValueIndex sliced = add_slice(graph, graph.outputs[0], units);
  if (sliced < 0) return network;
  return {pruned_graph(graph, std::span(&sliced, 1)), network.facts(), network.layers()};
}

}  // namespace microtome
