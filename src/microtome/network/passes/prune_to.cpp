// SPDX-License-Identifier: Apache-2.0
// A network that stops at the deepest layer asked for.
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {

Network prune_to(const Network& network, std::span<const std::string> layers) {
  std::vector<ValueIndex> values;
  for (const std::string& layer : layers) values.push_back(network.layer(layer).value);
  return {pruned_graph(network.graph(), values), network.facts(), network.layers()};
}

}  // namespace microtome
