// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/probe.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"

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
  RunLimits limits = RunLimits::for_constants(graph);
  limits.bytes = limits.total;
  limits.check_elements(bytes, 1);
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

// Values that no input decides and that what an input decides, or the file's end, reads.
std::vector<ValueIndex> settled_values(const Graph& graph) {
  const std::vector<Dependence> depends = input_dependence(graph);
  std::vector<char> read(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    const bool decided = std::ranges::any_of(
        node.outputs, [&](ValueIndex value) { return value >= 0 && depends[at_index(value)] != Dependence::kNone; });
    if (!decided) continue;
    for (const ValueIndex value : node.inputs) {
      if (value >= 0) read[at_index(value)] = 1;
    }
  }
  for (const ValueIndex value : graph.outputs) read[at_index(value)] = 1;
  return values_that(graph, [&](size_t i) {
    return read[i] && depends[i] == Dependence::kNone && !graph.values[i].constant.defined();
  });
}

void fold_without_input(Graph& graph, Cut& cut) {
  const std::vector<ValueIndex> wanted = settled_values(graph);
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

// Exporters that fix the batch write Reshape targets like [1, 9216]; 0 takes the batch as it is. Shapes are those of a
// run with the file's batch. Empty: nothing to change.
std::vector<int64_t> freed_target(std::vector<int64_t> target, const std::vector<int64_t>& in,
                                  const std::vector<int64_t>& out, int64_t batch) {
  if (target.empty() || in.empty() || out.size() != target.size()) return {};
  if (in[0] == batch && target[0] == batch) {
    target[0] = 0;
    return target;
  }
  // Heads or windows that are counted along the batch: the one length that is left open is then that.
  if (batch == 1 || target[0] < 1 || target[0] % batch != 0 || in[0] % batch != 0) return {};
  target = out;
  target[0] = -1;
  return target;
}

void free_reshape(Graph& graph, Node& node, int64_t batch) {
  const auto& in = graph.values[at_index(node.inputs[0])].shape;
  const auto& out = graph.values[at_index(node.outputs[0])].shape;
  if (int_attribute(node, "allowzero", 0)) return;
  if (node.inputs.size() < 2) {
    const auto target = freed_target(ints_attribute(node, "shape"), in, out, batch);
    if (!target.empty()) node.attributes["shape"] = target;
    return;
  }
  const Value& given = graph.values[at_index(node.inputs[1])];
  if (!given.constant.defined() || given.constant.numel() == 0) return;
  const auto target = freed_target(to_ints(given.constant), in, out, batch);
  if (target.empty()) return;
  node.inputs[1] = add_integers(graph, given.name + ".free_batch", target);
}

// The batch of a value as a run has it, as nodes.
ValueIndex add_batch_of(Graph& graph, std::vector<Node>& nodes, ValueIndex like) {
  const auto integers = [&](std::vector<int64_t> values) { return add_integers(graph, "", values); };
  const auto add = [&](const char* op, std::vector<ValueIndex> inputs) {
    graph.values.push_back({});
    nodes.push_back({.op = op, .name = "", .inputs = std::move(inputs), .outputs = {}, .attributes = {}});
    nodes.back().outputs = {static_cast<ValueIndex>(graph.values.size()) - 1};
    return nodes.back().outputs[0];
  };
  const ValueIndex shape = add("Shape", {like});
  return add("Slice", {shape, integers({0}), integers({1}), integers({0})});
}

// Constants that are the same for each picture of the batch are kept for one. Where they are joined to what there is
// for each picture (a class token), they are repeated as often as there are pictures.
void free_constants(Graph& graph, std::vector<Node>& nodes, Node& node, ValueIndex like, int64_t batch) {
  const size_t rank = graph.values[at_index(like)].shape.size();
  const bool joins = require_operator(node).joins_inputs &&
                     normal_axis(int_attribute(node, "axis", 0), static_cast<int64_t>(rank)) != 0;
  for (ValueIndex& input : node.inputs) {
    if (input < 0) continue;
    at::Tensor constant = graph.values[at_index(input)].constant;
    if (!constant.defined() || constant.dim() != static_cast<int64_t>(rank) || constant.size(0) != batch) continue;
    if (batch > 1) {
      if (!constant.equal(constant.narrow(0, 0, 1).expand_as(constant))) continue;
      constant = constant.narrow(0, 0, 1).contiguous();
      input = add_constant(graph, graph.values[at_index(input)].name, constant);
    }
    if (!joins) continue;
    std::vector<int64_t> others(rank - 1, 1);
    const ValueIndex ones = add_integers(graph, "", others);
    graph.values.push_back({});
    const auto target = static_cast<ValueIndex>(graph.values.size()) - 1;
    const ValueIndex count = add_batch_of(graph, nodes, like);
    nodes.push_back({.op = "Concat",
                     .name = "",
                     .inputs = {count, ones},
                     .outputs = {target},
                     .attributes = {{"axis", int64_t{0}}}});
    graph.values.push_back({});
    const auto repeated = static_cast<ValueIndex>(graph.values.size()) - 1;
    nodes.push_back({.op = "Expand", .name = "", .inputs = {input, target}, .outputs = {repeated}, .attributes = {}});
    input = repeated;
  }
}

// So that any number of pictures runs at once, whatever batch the file was written for.
void free_batch(Graph& graph, int64_t batch) {
  const std::vector<Dependence> depends = input_dependence(graph);
  std::vector<Node> nodes;
  for (Node node : graph.nodes) {
    const Operator& op = require_operator(node);
    const auto is_row = [&](ValueIndex value) {
      return value >= 0 && depends[at_index(value)] == Dependence::kContent &&
             !graph.values[at_index(value)].shape.empty() && graph.values[at_index(value)].shape[0] == batch;
    };
    const auto row = std::ranges::find_if(node.inputs, is_row);
    if (op.has_target_shape && depends[at_index(node.inputs[0])] == Dependence::kContent) {
      free_reshape(graph, node, batch);
    } else if (row != node.inputs.end() && !op.mixes_channels) {
      free_constants(graph, nodes, node, *row, batch);
    }
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
}

// The batch that the file fixes, 1 where it leaves it open.
int64_t complete_input_shape(Graph& graph) {
  if (graph.input < 0) throw Error(ErrorKind::kCorrupt, "graph", "has no input", "export the network again");
  Value& input = graph.values[at_index(graph.input)];
  const bool known = input.shape.size() >= 2 &&
                     std::all_of(input.shape.begin() + 1, input.shape.end(), [](int64_t length) { return length > 0; });
  if (!known) {
    throw Error(ErrorKind::kUnsupported, "input \"" + input.name + "\"", "its size is not known",
                "give the side of the pictures");
  }
  input.shape[0] = std::max<int64_t>(input.shape[0], 1);
  return input.shape[0];
}

std::vector<char> learn_shapes(Graph& graph, Cut& cut) {
  const int64_t batch = graph.values[at_index(graph.input)].shape[0];
  const std::vector<Dependence> depends = input_dependence(graph);
  const std::vector<ValueIndex> wanted = visible_values(graph);
  std::vector<char> layers(graph.values.size(), 0);
  const auto learn = [&](ValueIndex made, const at::Tensor& tensor) {
    const size_t value = at_index(made);
    graph.values[value].shape = tensor.sizes().vec();
    layers[value] = depends[value] == Dependence::kContent && tensor.is_floating_point() && tensor.dim() >= 2 &&
                    tensor.size(0) == batch;
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

// The outputs for one picture that is no flat one, repeated to the graph's batch: row 0 of each that has the batch.
std::vector<at::Tensor> first_rows(const Graph& graph, int64_t batch) {
  std::vector<int64_t> shape = graph.values[at_index(graph.input)].shape;
  shape[0] = 1;
  const at::Tensor picture = at::linspace(-1, 2, static_cast<int64_t>(count_elements(shape))).sin().reshape(shape);
  shape[0] = batch;
  const at::AutoGradMode no_gradients(false);
  std::vector<at::Tensor> rows;
  for (const at::Tensor& made : Schedule(graph, graph.outputs).run(picture.expand(shape).contiguous(), {})) {
    const bool has_batch = made.dim() > 0 && made.size(0) == batch;
    rows.push_back(has_batch ? made.narrow(0, 0, 1) : at::Tensor());
  }
  return rows;
}

// A batch above 1 becomes one that is open, and what the outputs are stays. Throws Error(kUnsupported) where the graph
// does not allow it.
std::vector<char> open_batch(Graph& graph, const std::vector<at::Tensor>& wanted, int64_t batch) {
  Value& input = graph.values[at_index(graph.input)];
  input.shape[0] = 1;
  const std::string name = input.name;
  std::string reason = "its outputs for one picture are others";
  try {
    Cut none;
    std::vector<char> layers = learn_shapes(graph, none);
    const std::vector<at::Tensor> found = first_rows(graph, 1);
    bool same = true;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i].defined()) continue;
      same = same && found[i].defined() && found[i].sizes() == wanted[i].sizes() &&
             at::allclose(found[i].to(at::kDouble), wanted[i].to(at::kDouble), 1e-3, 1e-4, /*equal_nan=*/true);
    }
    if (same) return layers;
  } catch (const Error& failure) {
    reason = failure.what();
  }
  throw Error(ErrorKind::kUnsupported, "input \"" + name + "\"",
              fmt::format("fixes the batch to {}, and the network does not run on one picture ({})", batch, reason),
              "export it with a batch of 1 or a free one");
}

// What nothing reads any more would stay in memory for good.
void drop_unread_constants(Graph& graph) {
  std::vector<char> read(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueIndex value : node.inputs) {
      if (value >= 0) read[at_index(value)] = 1;
    }
  }
  for (const ValueIndex value : graph.outputs) read[at_index(value)] = 1;
  for (size_t i = 0; i < read.size(); ++i) {
    if (!read[i]) graph.values[i].constant = at::Tensor();
  }
}

}  // namespace

Probe probe_graph(Graph& graph) {
  const int64_t batch = complete_input_shape(graph);
  Probe probe;
  cut_off(graph, unknown_nodes(graph), probe.cut);
  fold_without_input(graph, probe.cut);
  cut_off(graph, unsettled_nodes(graph), probe.cut);
  probe.layers = learn_shapes(graph, probe.cut);
  const std::vector<at::Tensor> wanted = batch > 1 ? first_rows(graph, batch) : std::vector<at::Tensor>();
  free_batch(graph, batch);
  if (batch > 1) probe.layers = open_batch(graph, wanted, batch);
  probe.layers.resize(graph.values.size(), 0);
  probe.free_size = runs_larger(graph);
  fold_shape_chains(graph, probe.free_size);
  drop_unread_constants(graph);
  note_constant_shapes(graph);
  return probe;
}

}  // namespace microtome
