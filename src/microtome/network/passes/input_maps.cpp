// SPDX-License-Identifier: Apache-2.0
// A network that takes maps of its input size.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {

Network with_input_maps(const Network& network) {
  Graph graph = network.graph();
  const ValueIndex before = graph.input;
  const std::vector<int64_t> shape = graph.values[static_cast<size_t>(before)].shape;
  if (shape.size() == 4) return network;
  if (shape.size() != 2 && shape.size() != 3) {
    throw Error(ErrorKind::kUnsupported, network.facts().file,
                "its input is neither maps nor a row of values nor a vector");
  }
  Value input;
  input.name = std::move(graph.values[static_cast<size_t>(before)].name);
  input.shape = {1, shape.size() == 3 ? shape[1] : 1, 1, shape.back()};
  graph.values[static_cast<size_t>(before)].name.clear();  // no layer of its own
  std::vector<int64_t> target = shape;
  target[0] = 0;  // the batch as it is
  Node node;
  node.op = "Reshape";
  node.name = input.name + "/reshaped";
  graph.input = static_cast<ValueIndex>(graph.values.size());
  graph.values.push_back(std::move(input));
  node.inputs = {graph.input, add_constant(graph, node.name + ".shape", at::tensor(target, at::kLong))};
  node.outputs = {before};
  graph.nodes.insert(graph.nodes.begin(), std::move(node));
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
