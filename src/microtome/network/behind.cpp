// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/behind.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"
#include "microtome/network/threads.h"

namespace microtome {
namespace {

// By value: whether it is computed from `from`.
std::vector<char> reached_from(const Graph& graph, ValueIndex from) {
  std::vector<char> reached(graph.values.size(), 0);
  reached[at_index(from)] = 1;
  for (const Node& node : graph.nodes) {
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](ValueIndex value) { return value >= 0 && reached[at_index(value)]; });
    for (const ValueIndex value : node.outputs) {
      if (reads && value >= 0) reached[at_index(value)] = 1;
    }
  }
  return reached;
}

// The nodes of `graph`, whose outputs are the targets, that the layer's value reaches; what else they read is held.
Graph back_of(const Graph& graph, ValueIndex layer, const std::vector<char>& reached) {
  Graph back = graph;
  back.input = layer;
  std::vector<char> given(graph.values.size(), 0);
  const auto hold = [&](ValueIndex value) {
    if (value < 0 || value == layer || reached[at_index(value)] || given[at_index(value)] ||
        graph.values[at_index(value)].constant.defined()) {
      return;
    }
    given[at_index(value)] = 1;
    back.given.push_back(value);
  };
  std::erase_if(back.nodes, [&](const Node& node) {
    const auto behind = [&](ValueIndex value) { return value >= 0 && value != layer && reached[at_index(value)]; };
    return std::none_of(node.outputs.begin(), node.outputs.end(), behind);
  });
  for (const Node& node : back.nodes) std::for_each(node.inputs.begin(), node.inputs.end(), hold);
  std::for_each(back.outputs.begin(), back.outputs.end(), hold);
  return back;
}

}  // namespace

Behind::Behind(const Network& network, const std::string& layer, const std::vector<std::string>& targets,
               const ExecutorChoice& choice)
    : layer_(network.layer(layer)) {
  std::vector<ValueIndex> wanted = {layer_.value};
  for (const std::string& target : targets) wanted.push_back(network.layer(target).value);
  Graph whole = pruned_graph(network.graph(), wanted);
  whole = folded_batch_norm(whole, whole.outputs);
  const ValueIndex from = whole.outputs.front();
  whole.outputs.erase(whole.outputs.begin());
  const std::vector<char> reached = reached_from(whole, from);
  if (std::none_of(whole.outputs.begin(), whole.outputs.end(), [&](ValueIndex v) { return reached[at_index(v)]; })) {
    throw Error(ErrorKind::kUsage, layer_.name, fmt::format("\"{}\" does not depend on this layer", targets.front()),
                "choose a layer in front of it");
  }
  Graph back = back_of(whole, from, reached);
  std::vector<ValueIndex> seen = {from};
  seen.insert(seen.end(), back.given.begin(), back.given.end());
  std::vector<std::string> names;
  for (const ValueIndex value : seen) names.push_back(whole.values[at_index(value)].name);
  front_ = make_executor(pruned_graph(whole, seen), std::move(names), choice);
  back_ = make_executor(std::move(back), targets, choice);
}

Moment Behind::look(const at::Tensor& input) const {
  use_one_kernel_thread();
  std::vector<at::Tensor> seen = front_->run(input);
  Moment moment{seen[0], {}};
  moment.held.assign(std::make_move_iterator(seen.begin() + 1), std::make_move_iterator(seen.end()));
  return moment;
}

std::vector<at::Tensor> Behind::run(const Moment& moment, const at::Tensor& value) const {
  use_one_kernel_thread();
  return back_->run(value, moment.held);
}

std::unique_ptr<Tape> Behind::record(const Moment& moment, const at::Tensor& value) const {
  use_one_kernel_thread();
  return back_->record(value, moment.held);
}

}  // namespace microtome
