// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/cut.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome {
namespace {

bool any_in(const std::vector<ValueIndex>& values, const std::vector<char>& marked) {
  return std::ranges::any_of(values, [&](ValueIndex value) { return value >= 0 && marked[at_index(value)] != 0; });
}

// By node and by value.
struct Lost {
  std::vector<char> nodes, values;
};

Lost find_lost(const Graph& graph, const std::vector<const Node*>& refused) {
  Lost lost{std::vector<char>(graph.nodes.size(), 0), std::vector<char>(graph.values.size(), 0)};
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (std::ranges::find(refused, &node) == refused.end() && !any_in(node.inputs, lost.values)) continue;
    lost.nodes[i] = 1;
    for (const ValueIndex value : node.outputs) {
      if (value >= 0) lost.values[at_index(value)] = 1;
    }
  }
  return lost;
}

std::string note_of(const Graph& graph, const std::vector<const Node*>& nodes, const std::string& reason) {
  const Lost lost = find_lost(graph, nodes);
  const auto behind = std::ranges::count(lost.nodes, 1) - static_cast<int64_t>(nodes.size());
  std::set<std::string> outputs;
  for (const ValueIndex value : graph.outputs) {
    if (lost.values[at_index(value)]) outputs.insert(fmt::format("\"{}\"", graph.values[at_index(value)].name));
  }
  std::string text = node_label(*nodes.front(), graph);
  if (nodes.size() > 1) text += fmt::format(" and {} more", nodes.size() - 1);
  text += fmt::format(": {}; left out", reason);
  if (behind > 0)
    text += behind == 1 ? ", and so is 1 node behind" : fmt::format(", and so are {} nodes behind", behind);
  return outputs.empty() ? text : fmt::format("{}: no output {}", text, fmt::join(outputs, ", "));
}

// What is made of the picture by nodes that stay and is read by none of them, the latest first.
std::vector<ValueIndex> ends_of(const Graph& graph, const Lost& lost) {
  const std::vector<Dependence> depends = input_dependence(graph);
  std::vector<ValueIndex> ends;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    for (const ValueIndex value : graph.nodes[i].outputs) {
      if (!lost.nodes[i] && value >= 0 && depends[at_index(value)] == Dependence::kContent) ends.push_back(value);
    }
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueIndex value : graph.nodes[i].inputs) {
      if (!lost.nodes[i]) std::erase(ends, value);
    }
  }
  return ends;
}

[[noreturn]] void refuse_all(const Graph& graph, const Refusals& refusals) {
  std::set<std::string> others;
  for (const auto& [node, reason] : refusals) {
    if (node->op != refusals.front().first->op) others.insert(node->op);
  }
  const auto& [first, reason] = refusals.front();
  const std::string also = others.empty() ? "" : fmt::format("; refused too: {}", fmt::join(others, ", "));
  throw Error(ErrorKind::kUnsupported, node_label(*first, graph), reason + also,
              "no layer is left without it; export the network with other operators");
}

}  // namespace

Refusals unknown_nodes(const Graph& graph) {
  Refusals refusals;
  for (const Node& node : graph.nodes) {
    try {
      require_operator(node);
    } catch (const Error& error) {
      refusals.emplace_back(&node, error.what());
    }
  }
  return refusals;
}

Refusals unsettled_nodes(const Graph& graph) {
  const std::vector<Dependence> depends = input_dependence(graph);
  Refusals refusals;
  for (const Node& node : graph.nodes) {
    const InputRange follows = require_operator(node).shape_follows;
    const auto unsettled = [&](size_t i) {
      const ValueIndex value = i < node.inputs.size() ? node.inputs[i] : -1;
      return value >= 0 && depends[at_index(value)] == Dependence::kContent;
    };
    bool any = false;
    for (size_t i = follows.first; i < follows.first + follows.count; ++i) any = any || unsettled(i);
    if (any) refusals.emplace_back(&node, "makes as many values as the picture asks for");
  }
  return refusals;
}

void cut_off(Graph& graph, const Refusals& refusals, Cut& cut) {
  if (refusals.empty()) return;
  std::vector<const Node*> all;
  for (const auto& [node, reason] : refusals) all.push_back(node);
  const Lost lost = find_lost(graph, all);
  std::map<std::pair<std::string, std::string>, std::vector<const Node*>> groups;  // by operator and reason
  for (const auto& [node, reason] : refusals) {
    if (!any_in(node->inputs, lost.values)) groups[{node->op, reason}].push_back(node);  // else behind another one
  }
  const ValueIndex first = graph.outputs.empty() ? -1 : graph.outputs.front();
  for (const auto& [group, nodes] : groups) {
    cut.notes.push_back(note_of(graph, nodes, group.second));
    const bool loses = first >= 0 && find_lost(graph, nodes).values[at_index(first)] != 0;
    if (loses && cut.lost_output.empty()) cut.lost_output = cut.notes.back();
  }
  std::vector<ValueIndex> outputs;
  for (const ValueIndex value : graph.outputs) {
    if (!lost.values[at_index(value)]) outputs.push_back(value);
  }
  if (outputs.empty()) outputs = ends_of(graph, lost);
  if (outputs.empty()) refuse_all(graph, refusals);
  graph.outputs = std::move(outputs);
  size_t i = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return lost.nodes[i++] != 0; });
}

}  // namespace microtome
