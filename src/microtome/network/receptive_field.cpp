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

// Which axis of [N,C,H,W] each axis of a value is, where they stand in another order; empty: in that one.
using Order = std::vector<int64_t>;

bool is_plain(const Window& window) {
  const Window plain;
  return !window.everything && window.size == plain.size && window.step == plain.step && window.start == plain.start &&
         window.shrink == plain.shrink;
}

// The order behind a permutation of four axes; nothing when the node is none.
std::optional<Order> permuted(const Node& node, const Order& before) {
  if (!has_attribute(node, "perm")) return std::nullopt;
  const std::vector<int64_t> axes = ints_attribute(node, "perm");
  if (axes.size() != 4) return std::nullopt;
  Order after;
  for (const int64_t axis : axes) {
    const int64_t from = normal_axis(axis, 4);
    after.push_back(before.empty() ? from : before[static_cast<size_t>(from)]);
  }
  if (after == Order{0, 1, 2, 3}) after.clear();
  return after;
}

class FieldFinder {
 public:
  explicit FieldFinder(const Graph& graph)
      : graph_(graph),
        depends_(input_dependence(graph)),
        fields_(graph.values.size()),
        orders_(graph.values.size()),
        all_(whole_input(graph.values[at_index(graph.input)].shape)) {
    if (graph.values[at_index(graph.input)].shape.size() != 4) fields_[at_index(graph.input)] = all_;
  }

  std::vector<ReceptiveField> find() && {
    for (const Node& node : graph_.nodes) {
      if (node.outputs.empty() || node.outputs[0] < 0) continue;
      if (depends_[at_index(node.outputs[0])] == Dependence::kContent) add(node);
    }
    // Where channels do not stand before the positions, no position is one of the picture's.
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (!orders_[i].empty()) fields_[i] = all_;
    }
    return std::move(fields_);
  }

 private:
  void add(const Node& node) {
    std::optional<ReceptiveField> field;
    Order order;
    for (const ValueIndex value : node.inputs) {
      if (value < 0 || depends_[at_index(value)] != Dependence::kContent) continue;
      const ReceptiveField& before = fields_[at_index(value)];
      const Order& stood = orders_[at_index(value)];
      const auto moved = before.step[0] == 0 ? std::nullopt : permuted(node, stood);
      const Window window = moved ? Window() : require_operator(node).window({node, graph_});
      const bool mixes = before.step[0] == 0 || window.everything || (!stood.empty() && !is_plain(window));
      auto here = mixes || (field && order != (moved ? *moved : stood)) ? std::nullopt : composed(before, window);
      if (here && field) here = united(*field, *here);
      field = here;
      order = moved ? *moved : stood;
      if (!here) break;
    }
    for (const ValueIndex value : node.outputs) {
      if (value < 0) continue;
      fields_[at_index(value)] = field ? *field : all_;
      if (field) orders_[at_index(value)] = order;
    }
  }

  const Graph& graph_;
  const std::vector<Dependence> depends_;
  std::vector<ReceptiveField> fields_;
  std::vector<Order> orders_;
  const ReceptiveField all_;
};

}  // namespace

std::vector<ReceptiveField> receptive_fields(const Graph& graph) { return FieldFinder(graph).find(); }

}  // namespace microtome
