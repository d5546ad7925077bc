// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/receptive_field.h"

#include <algorithm>
#include <optional>

#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"

namespace microtome {
namespace {

// x, y of the input; a flat input has its features along x.
ReceptiveField whole_input(const std::vector<int64_t>& shape) {
  ReceptiveField all{.step = {0, 0}};
  if (shape.size() >= 2) all.size[0] = shape.back();
  if (shape.size() >= 4) all.size[1] = shape[shape.size() - 2];
  return all;
}

// What a window over positions that each see `field` sees; nothing when that is not the same for every position.
std::optional<ReceptiveField> composed(const ReceptiveField& field, const Window& window) {
  const auto huge = [](int64_t number) { return number > kLargestInteger || number < -kLargestInteger; };
  ReceptiveField out;
  for (size_t xy = 0; xy < 2; ++xy) {
    const int64_t step = field.step[xy];
    const int64_t shrink = window.shrink[xy];
    if (huge(step) || huge(field.size[xy]) || huge(field.start[xy])) return std::nullopt;
    if (shrink < 1 || step % shrink != 0) return std::nullopt;
    // Output positions that share an input position lie up to (shrink - 1) * fine apart on the fine grid.
    const int64_t fine = step / shrink;
    out.size[xy] = field.size[xy] + (window.size[xy] - 1) * step + (shrink - 1) * fine;
    out.start[xy] = field.start[xy] + window.start[xy] * step - (shrink - 1) * fine;
    out.step[xy] = fine * window.step[xy];
  }
  return out;
}

// Nothing when the two move at different steps: together they see ever different parts.
std::optional<ReceptiveField> united(const ReceptiveField& a, const ReceptiveField& b) {
  if (a.step != b.step) return std::nullopt;
  ReceptiveField out{.step = a.step};
  for (size_t xy = 0; xy < 2; ++xy) {
    out.start[xy] = std::min(a.start[xy], b.start[xy]);
    out.size[xy] = std::max(a.start[xy] + a.size[xy], b.start[xy] + b.size[xy]) - out.start[xy];
  }
  return out;
}

}  // namespace

std::vector<ReceptiveField> receptive_fields(const Graph& graph) {
  const std::vector<Dependence> depends = input_dependence(graph);
  std::vector<ReceptiveField> fields(graph.values.size());
  const auto& input_shape = graph.values[at_index(graph.input)].shape;
  const ReceptiveField all = whole_input(input_shape);
  if (input_shape.size() != 4) fields[at_index(graph.input)] = all;
  for (const Node& node : graph.nodes) {
    if (node.outputs.empty() || node.outputs[0] < 0) continue;
    if (depends[at_index(node.outputs[0])] != Dependence::kContent) continue;
    const Window window = require_operator(node).window({node, graph});
    std::optional<ReceptiveField> field;
    bool sees_all = window.everything;
    for (const ValueIndex value : node.inputs) {
      if (sees_all) break;
      if (value < 0 || depends[at_index(value)] != Dependence::kContent) continue;
      const ReceptiveField& before = fields[at_index(value)];
      auto here = before.step[0] == 0 ? std::nullopt : composed(before, window);
      if (here && field) here = united(*field, *here);
      field = here;
      sees_all = !here;
    }
    for (const ValueIndex value : node.outputs) {
      if (value >= 0) fields[at_index(value)] = sees_all || !field ? all : *field;
    }
  }
  return fields;
}

}  // namespace microtome
