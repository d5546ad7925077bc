// SPDX-License-Identifier: Apache-2.0
// A rotation of a layer's channels, folded into what reads them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

[[noreturn]] void refuse_to_fold(const Node& node) {
  throw Error(ErrorKind::kUnsupported, node.name,
              fmt::format("a rotation cannot be folded into the {} that reads the layer", node.op),
              "choose a layer that only Conv, Gemm or MatMul read");
}

// The consumer's weights after the channels of its input `value` were rotated by q.
at::Tensor unrotated(const NodeFacts& facts, ValueIndex value, const at::Tensor& q) {
  const Operator& op = require_operator(facts.node);
  const at::Tensor weight = facts.constant(1);
  if (!weight.defined() || facts.node.inputs[0] != value || op.unrotated == nullptr) refuse_to_fold(facts.node);
  at::Tensor out = op.unrotated(facts.node, weight, q);
  if (!out.defined()) refuse_to_fold(facts.node);
  return out;
}

}  // namespace

Network folded_rotation(const Network& network, const std::string& layer, const Basis& basis) {
  const Layer& from = network.layer(layer);
  Network rotated = with_basis(network, layer, basis);
  Graph graph = rotated.graph();
  const ValueIndex turned = rotated.layer(derived_name(from.name, basis.name)).value;
  const at::Tensor q = basis.vectors.to(at::kFloat);
  std::vector<ValueIndex> open = {from.value};
  std::vector<ValueIndex> done;
  while (!open.empty()) {
    const ValueIndex value = open.back();
    open.pop_back();
    done.push_back(value);
    for (Node& node : graph.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), value) == node.inputs.end()) continue;
      if (node.outputs[0] == turned) continue;
      const auto passes = require_operator(node).passes_rotation;
      if (passes != nullptr && passes({node, graph})) {
        for (const ValueIndex output : node.outputs) open.push_back(output);
      } else {
        node.inputs[1] = add_constant(graph, node.name + ".unrotated", unrotated({node, graph}, value, q));
      }
      if (value == from.value) std::replace(node.inputs.begin(), node.inputs.end(), from.value, turned);
    }
  }
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
