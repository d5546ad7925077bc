// SPDX-License-Identifier: Apache-2.0
// A network that takes maps of its input size.
#include "microtome/base/error.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {

Network with_input_maps(const Network& network) {
  Graph graph = network.graph();
  const std::vector<int64_t> shape = graph.values[at_index(graph.input)].shape;
  if (shape.size() == 4) return network;
  if (shape.size() != 2 && shape.size() != 3) {
    throw Error(ErrorKind::kUnsupported, network.facts().file,
                "its input is neither maps nor a row of values nor a vector");
  }
  std::vector<int64_t> target = shape;
  target[0] = 0;  // the batch as it is
  const ValueIndex reshaped = add_integers(graph, graph.values[at_index(graph.input)].name + ".shape", target);
  add_before_input(graph, "Reshape", {reshaped}, {}, {1, shape.size() == 3 ? shape[1] : 1, 1, shape.back()});
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
