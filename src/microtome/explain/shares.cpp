// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/shares.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"
#include "microtome/network/threads.h"

namespace microtome {
namespace {

// Of the axis that counts units, one output for each channel read: what output `unit` makes of that channel alone.
at::Tensor channel_by_channel(const Graph& graph, const Node& node, int64_t unit, int64_t channels) {
  const at::Tensor& weight = graph.values[at_index(node.inputs[1])].constant;
  const int64_t axis = unit_axis(graph, node);
  if (weight.dim() > 2) {  // [units, channels of a group, ...]
    const int64_t of_group = weight.size(1), groups = channels / of_group;
    const int64_t first = unit / (weight.size(0) / groups) * of_group;
    std::vector<int64_t> shape = weight.sizes().vec();
    shape[0] = channels;
    at::Tensor alone = at::zeros(shape, weight.options());
    for (int64_t i = 0; i < of_group; ++i) alone[first + i][i].copy_(weight[unit][i]);
    return alone;
  }
  return weight.select(axis < 0 ? 1 : axis, unit).diag().contiguous();
}

}  // namespace

Shares::Shares(const Network& network, const std::string& layer, int64_t unit) : unit_(unit) {
  const Layer& asked = network.layer(layer);
  layer_ = asked.name;
  if (unit < 0 || unit >= asked.units) {
    throw Error(ErrorKind::kUsage, asked.name, fmt::format("there is no unit {}", unit),
                fmt::format("units run from 0 to {}", asked.units - 1));
  }
  const Graph pruned = pruned_graph(network.graph(), {&asked.value, 1});
  graph_ = folded_batch_norm(pruned, pruned.outputs);
  makers_ = find_makers(graph_);
  for (const Layer& known : network.layers()) known_.push_back(known.name);
  std::sort(known_.begin(), known_.end());
  ValueIndex value = graph_.outputs[0];
  // The pre-activation: in front of an activation function, if the layer is one's result.
  const auto node = [&] { return makers_[at_index(value)]; };
  while (node() >= 0 &&
         require_operator(graph_.nodes[static_cast<size_t>(node())]).relevance == RelevanceFlow::kPassed) {
    value = graph_.nodes[static_cast<size_t>(node())].inputs[0];
  }
  graph_.outputs = {value};
  take_apart(value, 1);
  if (parts_.size() == 1 && parts_[0].node < 0) {
    throw Error(ErrorKind::kUnsupported, layer_, "is no sum of what other units say",
                "choose the layer of a convolution, a dense layer or a sum of these");
  }
}

// Channels of a concatenation are those of its parts.
void Shares::name_channels(ValueIndex value, int64_t count) {
  const int maker = makers_[at_index(value)];
  const Node* node = maker >= 0 ? &graph_.nodes[static_cast<size_t>(maker)] : nullptr;
  if (node != nullptr && require_operator(*node).joins_inputs && int_attribute(*node, "axis", 1) == 1) {
    for (const ValueIndex part : node->inputs) {
      const std::vector<int64_t>& shape = graph_.values[at_index(part)].shape;
      name_channels(part, shape.size() > 1 ? shape[1] : 0);
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i) terms_.push_back({graph_.values[at_index(value)].name, i});
}

void Shares::add_weighted(int index, double scale) {
  const Node& node = graph_.nodes[static_cast<size_t>(index)];
  const ValueIndex read = node.inputs[0];
  const std::vector<int64_t>& shape = graph_.values[at_index(read)].shape;
  const int64_t channels = shape.size() > 1 ? shape[1] : 0;
  Part part{index, read, channel_by_channel(graph_, node, unit_, channels), scale};
  if (node.inputs.size() > 2 && node.inputs[2] >= 0) {
    std::vector<at::Tensor> inputs = {at::zeros(shape), graph_.values[at_index(node.inputs[1])].constant,
                                      graph_.values[at_index(node.inputs[2])].constant};
    const at::Tensor biases = run_node(node, graph_, inputs)[0];
    bias_ += scale * biases.select(1, unit_).flatten()[0].item<double>();
  }
  const size_t before = terms_.size();
  name_channels(read, channels);
  if (std::ssize(terms_) - static_cast<int64_t>(before) != channels) {
    throw Error(ErrorKind::kInternal, node_label(node, graph_), "reads channels that nobody counts");
  }
  parts_.push_back(std::move(part));
}

void Shares::take_apart(ValueIndex value, double scale) {
  const int maker = makers_[at_index(value)];
  const auto hand_on = [&] {
    parts_.push_back({-1, value, {}, scale});
    terms_.push_back({graph_.values[at_index(value)].name, unit_});
  };
  if (maker < 0) return hand_on();
  const Node& node = graph_.nodes[static_cast<size_t>(maker)];
  const Operator& op = require_operator(node);
  const auto constant = [&](size_t i) {
    return node.inputs[i] >= 0 && graph_.values[at_index(node.inputs[i])].constant.defined();
  };
  if (op.relevance == RelevanceFlow::kWeighted && constant(1) && !constant(0)) return add_weighted(maker, scale);
  if (op.hands_on && op.each_channel_alone) return take_apart(node.inputs[0], scale);
  if (op.channel_affine != nullptr) {
    const ChannelAffine affine = op.channel_affine({node, graph_});
    if (affine.factor.defined()) {
      bias_ += scale * affine.shift[unit_].item<double>();
      return take_apart(node.inputs[0], scale * affine.factor[unit_].item<double>());
    }
  }
  // A sum of values of one shape, as the zeros of all inputs but one show.
  if (op.relevance == RelevanceFlow::kSummed && node.inputs.size() > 1 && !op.each_channel_alone) {
    std::vector<at::Tensor> inputs;
    for (const ValueIndex input : node.inputs) {
      if (input < 0 || graph_.values[at_index(input)].constant.defined()) return hand_on();
      inputs.push_back(at::zeros(graph_.values[at_index(input)].shape));
    }
    std::vector<double> factors;
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::vector<at::Tensor> one = inputs;
      one[i] = at::ones_like(one[i]);
      const at::Tensor made = run_node(node, graph_, one)[0];
      if (made.sizes() != one[i].sizes() || !made.isfinite().all().item<bool>()) return hand_on();
      factors.push_back(made.flatten()[0].item<double>());
    }
    if (std::count(factors.begin(), factors.end(), 0.0) > 0) return hand_on();  // a product
    for (size_t i = 0; i < inputs.size(); ++i) take_apart(node.inputs[i], scale * factors[i]);
    return;
  }
  hand_on();
}

Shares::Found Shares::find(const at::Tensor& input) const {
  use_one_kernel_thread();
  const at::NoGradGuard no_gradients;
  std::vector<ValueIndex> wanted = {graph_.outputs[0]};
  for (const Part& part : parts_) wanted.push_back(part.value);
  const std::vector<at::Tensor> values = evaluate(graph_, input, wanted);
  const auto as_map = [](const at::Tensor& x) {  // [C,h,w]
    const at::Tensor one = x[0];
    return one.dim() == 3 ? one : one.reshape({one.size(0), 1, -1});
  };
  Found found;
  found.value = as_map(values[0])[unit_];
  std::vector<at::Tensor> shares;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (part.node < 0) {
      shares.push_back(part.scale * as_map(values[i + 1]).narrow(0, unit_, 1));
      continue;
    }
    const Node& node = graph_.nodes[static_cast<size_t>(part.node)];
    std::vector<at::Tensor> inputs = {values[i + 1], part.weight};
    if (node.inputs.size() > 2) inputs.emplace_back();
    shares.push_back(part.scale * as_map(run_node(node, graph_, inputs)[0]));
  }
  found.shares = at::cat(shares);
  return found;
}

}  // namespace microtome
