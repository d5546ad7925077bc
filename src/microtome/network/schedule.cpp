// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/schedule.h"

#include <ATen/ATen.h>
#include <c10/core/ScalarType.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "microtome/base/error.h"

namespace microtome {
namespace {

RunLimits limits_of(const at::Tensor& input, const Schedule::Options& options) {
  if (options.limits) return *options.limits;
  return input.defined() ? RunLimits::for_input(input) : RunLimits();
}

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

std::vector<at::Tensor> run_node(const Node& node, const Graph& graph, std::vector<at::Tensor> inputs) {
  std::vector<at::Tensor> outputs(node.outputs.size());
  std::vector<char> wanted;
  for (const ValueIndex value : node.outputs) wanted.push_back(value >= 0);
  OperatorCall call{node, inputs, outputs, wanted};
  try {
    require_operator(node).run(call);
  } catch (const Error& error) {
    throw Error(error.kind(), node_label(node, graph), error.what());
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kCorrupt, node_label(node, graph), "cannot run on what it is given");
  }
  return outputs;
}

Schedule::Schedule(const Graph& graph, std::span<const ValueIndex> wanted, bool keeps)
    : graph_(graph), wanted_(wanted.begin(), wanted.end()) {
  std::vector<char> made(graph.values.size(), 0);
  if (graph.input >= 0) made[at_index(graph.input)] = 1;
  for (const ValueIndex value : graph.given) made[at_index(value)] = 1;
  for (const Node* node : needed_nodes(graph, wanted)) {
    Step step{node, nullptr, {}, {}, {}};
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
  std::vector<char> asked(graph.values.size(), 0);
  for (const ValueIndex value : wanted_) asked[at_index(value)] = 1;
  std::vector<char> read_later = keeps ? asked : std::vector<char>(graph.values.size(), 0);
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    for (const ValueIndex value : step->node->outputs) {
      step->stored.push_back(value >= 0 && read_later[at_index(value)]);
      step->wanted.push_back(step->stored.back() || (value >= 0 && asked[at_index(value)]));
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
  const bool follows = input.defined() && constant.defined() && constant.is_floating_point() &&
                       input.is_floating_point() &&
                       (input.scalar_type() != constant.scalar_type() || input.device() != constant.device());
  return follows ? constant.to(input.options()) : constant;
}

void Schedule::refuse(const Step& step, std::span<const at::Tensor> arguments) const {
  std::string given;
  for (const at::Tensor& argument : arguments) {
    if (!argument.defined()) continue;
    given += fmt::format("{}{} [{}]", given.empty() ? "" : ", ", c10::toString(argument.scalar_type()),
                         fmt::join(argument.sizes(), ","));
  }
  throw Error(ErrorKind::kCorrupt, node_label(*step.node, graph_),
              fmt::format("cannot run on {}", given.empty() ? "no inputs" : given),
              "shapes or types do not fit; check the size of the pictures, or export the network again");
}

void Schedule::take_outputs(const Step& step, std::vector<at::Tensor>& outputs, State& state) const {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!step.wanted[i]) continue;
    if (!outputs[i].defined()) {
      throw Error(ErrorKind::kUnsupported, "", fmt::format("output {} of {} is not made here", i, step.node->op),
                  "export the network without it");
    }
    state.limits.check_value(outputs[i]);
    state.limits.total -= static_cast<int64_t>(outputs[i].nbytes());
    if (state.limits.total < 0) {
      throw LimitError("what the file computes from its constants takes too much memory",
                       "export the network again, with constants folded");
    }
    const ValueIndex value = step.node->outputs[i];
    if (state.visitor != nullptr) (*state.visitor)(value, outputs[i]);
    if (step.stored[i]) state.values[at_index(value)] = std::move(outputs[i]);
  }
}

void Schedule::lose(const Step& step, State& state) {
  for (const ValueIndex value : step.node->outputs) {
    if (value >= 0) state.lost[at_index(value)] = 1;
  }
}

bool Schedule::passes_over(const Step& step, State& state) const {
  if (state.options.refusals == nullptr || state.options.refusals->empty()) return false;
  const auto lost = [&](const Slot& slot) { return slot.value >= 0 && state.lost[at_index(slot.value)] != 0; };
  if (std::none_of(step.inputs.begin(), step.inputs.end(), lost)) return false;
  lose(step, state);
  return true;
}

void Schedule::run_step(const Step& step, State& state) const {
  if (passes_over(step, state)) return;
  std::vector<at::Tensor>& arguments = state.arguments;
  arguments.clear();
  for (const Slot& slot : step.inputs) {
    if (slot.value < 0) {
      arguments.emplace_back();
    } else if (at::Tensor& value = state.values[at_index(slot.value)]; value.defined()) {
      arguments.push_back(slot.last ? std::move(value) : value);
    } else {
      arguments.push_back(constant(slot.value, state.input, state.options));
    }
  }
  std::vector<at::Tensor> outputs(step.node->outputs.size());
  OperatorCall call{*step.node, arguments, outputs, step.wanted, state.options.training, state.limits};
  try {
    step.op->run(call);
    take_outputs(step, outputs, state);
  } catch (const Error& error) {
    const bool bounds = dynamic_cast<const LimitError*>(&error) != nullptr;
    if (state.options.refusals == nullptr || bounds || error.kind() != ErrorKind::kUnsupported) {
      throw Error(error.kind(), node_label(*step.node, graph_), error.what());
    }
    state.options.refusals->emplace_back(step.node, error.what());
    lose(step, state);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {  // ATen's own words speak of its own functions
    refuse(step, arguments);
  }
}

void Schedule::run_steps(State& state) const {
  state.values.resize(graph_.values.size());
  state.lost.resize(graph_.values.size());
  if (graph_.input >= 0) state.values[at_index(graph_.input)] = state.input;
  if (state.options.given.size() != graph_.given.size()) {
    throw Error(ErrorKind::kInternal, "graph", "is run without the values that it is held at");
  }
  for (size_t i = 0; i < graph_.given.size(); ++i) state.values[at_index(graph_.given[i])] = state.options.given[i];
  const AllocationBound bound(state.limits.bytes);
  for (const Step& step : steps_) run_step(step, state);
}

std::vector<at::Tensor> Schedule::run(const at::Tensor& input, const Options& options) const {
  State state{input, options, limits_of(input, options)};
  run_steps(state);
  std::vector<at::Tensor> results;
  for (const ValueIndex value : wanted_) {
    const at::Tensor& made = state.values[at_index(value)];
    results.push_back(made.defined() ? made : constant(value, input, options));
  }
  return results;
}

void Schedule::visit(const at::Tensor& input, const Options& options, const Visitor& visitor) const {
  State state{input, options, limits_of(input, options), &visitor};
  run_steps(state);
}

}  // namespace microtome
