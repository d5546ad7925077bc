// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/schedule.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "microtome/base/error.h"

namespace microtome {
namespace {

// ATen's message without the C++ stack that follows its first line.
std::string short_message(const std::string& message) { return message.substr(0, message.find('\n')); }

}  // namespace

// Marks from the back; the nodes are in running order.
std::vector<const Node*> needed_nodes(const Graph& graph, std::span<const ValueIndex> wanted) {
  std::vector<char> needed(graph.values.size(), 0);
  auto need = [&](ValueIndex value) {
    if (value >= 0 && !graph.values[at_index(value)].constant.defined()) needed[at_index(value)] = 1;
  };
  for (const ValueIndex value : wanted) need(value);
  std::vector<const Node*> nodes;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool used = std::any_of(node->outputs.begin(), node->outputs.end(),
                                  [&](ValueIndex value) { return value >= 0 && needed[at_index(value)]; });
    if (!used) continue;
    nodes.push_back(&*node);
    for (const ValueIndex value : node->inputs) need(value);
  }
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

std::string node_label(const Node& node, const Graph& graph) {
  if (!node.name.empty()) return fmt::format("{} node \"{}\"", node.op, node.name);
  for (const ValueIndex value : node.outputs) {
    if (value >= 0) return fmt::format("{} node that makes \"{}\"", node.op, graph.values[at_index(value)].name);
  }
  return node.op + " node";
}

std::vector<Dependence> input_dependence(const Graph& graph) {
  std::vector<Dependence> depends(graph.values.size(), Dependence::kNone);
  if (graph.input >= 0) depends[at_index(graph.input)] = Dependence::kContent;
  for (const Node& node : graph.nodes) {
    Dependence most = Dependence::kNone;
    for (const ValueIndex value : node.inputs) {
      if (value >= 0) most = std::max(most, depends[at_index(value)]);
    }
    const Operator* op = find_operator(node.op);
    if (op && !op->reads_values) most = std::min(most, Dependence::kShape);
    for (const ValueIndex value : node.outputs) {
      if (value >= 0) depends[at_index(value)] = most;
    }
  }
  return depends;
}

Schedule::Schedule(const Graph& graph, std::span<const ValueIndex> wanted)
    : graph_(graph), wanted_(wanted.begin(), wanted.end()) {
  std::vector<char> made(graph.values.size(), 0);
  if (graph.input >= 0) made[at_index(graph.input)] = 1;
  for (const Node* node : needed_nodes(graph, wanted)) {
    Step step{node, nullptr, {}, {}};
    try {
      step.op = &require_operator(*node);
    } catch (const Error& error) {
      throw Error(error.kind(), node_label(*node, graph), error.what());
    }
    for (const ValueIndex value : node->inputs) {
      if (value >= 0 && !made[at_index(value)] && !graph.values[at_index(value)].constant.defined()) {
        throw Error(ErrorKind::kCorrupt, node_label(*node, graph),
                    fmt::format("reads \"{}\", which nothing before it makes", graph.values[at_index(value)].name),
                    "export the network again");
      }
      step.inputs.push_back({value, false});
    }
    for (const ValueIndex value : node->outputs) {
      if (value >= 0) made[at_index(value)] = 1;
    }
    steps_.push_back(std::move(step));
  }
  for (const ValueIndex value : wanted_) {
    if (!made[at_index(value)] && !graph.values[at_index(value)].constant.defined()) {
      throw Error(ErrorKind::kCorrupt, fmt::format("value \"{}\"", graph.values[at_index(value)].name),
                  "nothing in the graph makes it", "export the network again");
    }
  }
  std::vector<char> read_later(graph.values.size(), 0);
  for (const ValueIndex value : wanted_) read_later[at_index(value)] = 1;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    for (const ValueIndex value : step->node->outputs) {
      step->wanted.push_back(value >= 0 && read_later[at_index(value)]);
    }
    // From the last argument on, so that a value read twice by one node is let go once.
    for (auto slot = step->inputs.rbegin(); slot != step->inputs.rend(); ++slot) {
      if (slot->value < 0 || read_later[at_index(slot->value)]) continue;
      slot->last = true;
      read_later[at_index(slot->value)] = 1;
    }
  }
}

at::Tensor Schedule::constant(ValueIndex value, const at::Tensor& input, const Options& options) const {
  const size_t index = at_index(value);
  if (index < options.weights.size() && options.weights[index].defined()) return options.weights[index];
  const at::Tensor& constant = graph_.values[index].constant;
  // Asked in float64 (gradients are checked so), or by evaluate() on another device, the graph answers there; an
  // executor has its weights where its inputs are.
  const bool follows = input.defined() && constant.is_floating_point() && input.is_floating_point() &&
                       (input.scalar_type() != constant.scalar_type() || input.device() != constant.device());
  return follows ? constant.to(input.options()) : constant;
}

void Schedule::refuse(const Step& step, const std::string& message) const {
  throw Error(ErrorKind::kCorrupt, node_label(*step.node, graph_), short_message(message),
              "its input has a shape or type that the operator cannot take; check the size of the pictures");
}

void Schedule::run_step(const Step& step, std::vector<at::Tensor>& values, std::vector<at::Tensor>& arguments,
                        const at::Tensor& input, const Options& options) const {
  arguments.clear();
  for (const Slot& slot : step.inputs) {
    if (slot.value < 0) {
      arguments.emplace_back();
    } else if (at::Tensor& value = values[at_index(slot.value)]; value.defined()) {
      arguments.push_back(slot.last ? std::move(value) : value);
    } else {
      arguments.push_back(constant(slot.value, input, options));
    }
  }
  std::vector<at::Tensor> outputs(step.node->outputs.size());
  OperatorCall call{*step.node, arguments, outputs, step.wanted, options.training};
  try {
    step.op->run(call);
  } catch (const Error& error) {
    throw Error(error.kind(), node_label(*step.node, graph_), error.what());
  } catch (const c10::Error& error) {
    refuse(step, error.what_without_backtrace());
  } catch (const std::runtime_error& error) {  // what ATen's reshape throws
    refuse(step, error.what());
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (step.wanted[i]) values[at_index(step.node->outputs[i])] = std::move(outputs[i]);
  }
}

std::vector<at::Tensor> Schedule::run(const at::Tensor& input, const Options& options) const {
  std::vector<at::Tensor> values(graph_.values.size());
  std::vector<at::Tensor> arguments;
  if (graph_.input >= 0) values[at_index(graph_.input)] = input;
  for (const Step& step : steps_) run_step(step, values, arguments, input, options);
  std::vector<at::Tensor> results;
  for (const ValueIndex value : wanted_) {
    const at::Tensor& made = values[at_index(value)];
    results.push_back(made.defined() ? made : constant(value, input, options));
  }
  return results;
}

}  // namespace microtome
