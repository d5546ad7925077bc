// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/probe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"

namespace microtome {
namespace {

constexpr int64_t kLarger = 32;  // added to height and width: a multiple of the usual strides

std::vector<ValueIndex> values_that(const Graph& graph, const auto& holds) {
  std::vector<ValueIndex> found;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (holds(i)) found.push_back(static_cast<ValueIndex>(i));
  }
  return found;
}

std::vector<at::Tensor> run_on_zeros(const Graph& graph, const std::vector<int64_t>& shape,
                                     std::span<const ValueIndex> wanted) {
  const at::AutoGradMode no_gradients(false);
  return Schedule(graph, wanted).run(at::zeros(shape), {});
}

// Constants stay in memory for good, so views of less are written out, and all together are bounded.
void keep_constants(Graph& graph, std::span<const ValueIndex> values, const std::vector<at::Tensor>& made) {
  double bytes = 0;
  for (const at::Tensor& tensor : made) bytes += tensor.defined() ? static_cast<double>(tensor.nbytes()) : 0;
  RunLimits::for_constants(graph).check_elements(bytes, 1);
  for (size_t i = 0; i < values.size(); ++i) {
    if (made[i].defined()) graph.values[at_index(values[i])].constant = made[i].contiguous();
  }
}

// Nothing when the graph cannot run on that shape.
std::optional<std::vector<at::Tensor>> try_on_zeros(const Graph& graph, const std::vector<int64_t>& shape,
                                                    std::span<const ValueIndex> wanted) {
  try {
    return run_on_zeros(graph, shape, wanted);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Every node's first output, and the others that something reads.
std::vector<ValueIndex> visible_values(const Graph& graph) {
  std::vector<char> visible(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    if (!node.outputs.empty() && node.outputs[0] >= 0) visible[at_index(node.outputs[0])] = 1;
    for (const ValueIndex value : node.inputs) {
      if (value >= 0) visible[at_index(value)] = 1;
    }
  }
  for (const ValueIndex value : graph.outputs) visible[at_index(value)] = 1;
  return values_that(graph, [&](size_t i) { return visible[i] && !graph.values[i].constant.defined(); });
}

// Removes the nodes that only constants needed.
void drop_finished_nodes(Graph& graph) {
  const std::vector<Dependence> depends = input_dependence(graph);
  std::vector<ValueIndex> wanted = values_that(graph, [&](size_t i) { return depends[i] == Dependence::kContent; });
  std::erase(wanted, graph.input);
  wanted.insert(wanted.end(), graph.outputs.begin(), graph.outputs.end());
  std::vector<Node> kept;
  for (const Node* node : needed_nodes(graph, wanted)) kept.push_back(*node);
  graph.nodes = std::move(kept);
}

void fold_without_input(Graph& graph, Cut& cut) {
  const std::vector<Dependence> depends = input_dependence(graph);
  std::vector<ValueIndex> wanted = visible_values(graph);
  std::erase_if(wanted, [&](ValueIndex value) { return depends[at_index(value)] != Dependence::kNone; });
  if (wanted.empty()) return;
  const at::AutoGradMode no_gradients(false);
  Refusals refusals;
  const Schedule::Options options{.limits = RunLimits::for_constants(graph), .refusals = &refusals};
  keep_constants(graph, wanted, Schedule(graph, wanted).run({}, options));
  cut_off(graph, refusals, cut);
  drop_finished_nodes(graph);
}

void fold_shape_chains(Graph& graph, bool free_size) {
  const std::vector<Dependence> depends = input_dependence(graph);
  const std::vector<ValueIndex> wanted = values_that(
      graph, [&](size_t i) { return depends[i] == Dependence::kShape && !graph.values[i].constant.defined(); });
  if (wanted.empty()) return;
  std::vector<int64_t> shape = graph.values[at_index(graph.input)].shape;
  const std::vector<at::Tensor> once = run_on_zeros(graph, shape, wanted);
  shape[0] = 2;
  if (free_size) {
    shape[2] += kLarger;
    shape[3] += kLarger;
  }
  const auto again = try_on_zeros(graph, shape, wanted);
  std::vector<ValueIndex> fixed;
  std::vector<at::Tensor> made;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (again && !once[i].equal((*again)[i])) continue;
    fixed.push_back(wanted[i]);
    made.push_back(once[i]);
  }
  keep_constants(graph, fixed, made);
  drop_finished_nodes(graph);
}

// Exporters that fix a batch of 1 write Reshape targets like [1, 9216]; 0 takes the batch as it is.
void free_batch(Graph& graph) {
  const std::vector<Dependence> depends = input_dependence(graph);
  for (Node& node : graph.nodes) {
    if (!require_operator(node).has_target_shape) continue;
    if (depends[at_index(node.inputs[0])] != Dependence::kContent) continue;
    const auto& in = graph.values[at_index(node.inputs[0])].shape;
    if (in.empty() || in[0] != 1 || int_attribute(node, "allowzero", 0)) continue;
    if (node.inputs.size() < 2) {
      std::vector<int64_t> target = ints_attribute(node, "shape");
      if (!target.empty() && target[0] == 1) target[0] = 0;
      node.attributes["shape"] = std::move(target);
      continue;
    }
    const Value& given = graph.values[at_index(node.inputs[1])];
    if (!given.constant.defined() || given.constant.numel() == 0) continue;
    std::vector<int64_t> target = to_ints(given.constant);
    if (target[0] != 1) continue;
    target[0] = 0;
    graph.values.push_back({given.name + ".free_batch", {}, at::tensor(target, at::kLong)});
    node.inputs[1] = static_cast<ValueIndex>(graph.values.size()) - 1;
  }
}

void complete_input_shape(Graph& graph) {
  if (graph.input < 0) throw Error(ErrorKind::kCorrupt, "graph", "has no input", "export the network again");
  Value& input = graph.values[at_index(graph.input)];
  const bool known = input.shape.size() >= 2 &&
                     std::all_of(input.shape.begin() + 1, input.shape.end(), [](int64_t length) { return length > 0; });
  if (!known) {
    throw Error(ErrorKind::kUnsupported, "input \"" + input.name + "\"", "its size is not known",
                "give the side of the pictures");
  }
  input.shape[0] = 1;
}

std::vector<char> learn_shapes(Graph& graph, Cut& cut) {
  const std::vector<Dependence> depends = input_dependence(graph);
  const std::vector<ValueIndex> wanted = visible_values(graph);
  std::vector<char> layers(graph.values.size(), 0);
  const auto learn = [&](ValueIndex made, const at::Tensor& tensor) {
    const size_t value = at_index(made);
    graph.values[value].shape = tensor.sizes().vec();
    layers[value] = depends[value] == Dependence::kContent && tensor.is_floating_point() && tensor.dim() >= 2 &&
                    tensor.size(0) == 1;
  };
  const at::AutoGradMode no_gradients(false);
  const at::Tensor zeros = at::zeros(graph.values[at_index(graph.input)].shape);
  Refusals refusals;
  Schedule(graph, wanted, /*keeps=*/false).visit(zeros, {.refusals = &refusals}, learn);
  cut_off(graph, refusals, cut);
  return layers;
}

// What is known of a node without running it reads the shapes of its weights, too.
void note_constant_shapes(Graph& graph) {
  for (Value& value : graph.values) {
    if (value.constant.defined()) value.shape = value.constant.sizes().vec();
  }
}

bool runs_larger(const Graph& graph) {
  std::vector<int64_t> shape = graph.values[at_index(graph.input)].shape;
  if (shape.size() != 4) return false;
  shape[2] += kLarger;
  shape[3] += kLarger;
  return try_on_zeros(graph, shape, graph.outputs).has_value();
}

}  // namespace

Probe probe_graph(Graph& graph) {
  complete_input_shape(graph);
  Probe probe;
  cut_off(graph, unknown_nodes(graph), probe.cut);
  fold_without_input(graph, probe.cut);
  cut_off(graph, unsettled_nodes(graph), probe.cut);
  probe.layers = learn_shapes(graph, probe.cut);
  free_batch(graph);
  probe.layers.resize(graph.values.size(), 0);
  probe.free_size = runs_larger(graph);
  fold_shape_chains(graph, probe.free_size);
  note_constant_shapes(graph);
  return probe;
}

}  // namespace microtome
