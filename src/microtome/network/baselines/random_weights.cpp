// SPDX-License-Identifier: Apache-2.0
// The layer when all weights on the way to it are shuffled: what architecture and data give without training.
#include "microtome/network/baseline.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"

namespace microtome::baselines {
namespace {

Network add_random_weights(const Network& network, std::span<const std::string> layers, uint64_t seed,
                           std::vector<std::string>& added) {
  for (const std::string& layer : layers) {
    added.push_back(derived_name(network.layer(layer).name, shuffled_suffix(seed)));
  }
  return with_shuffled_weights(network, layers, seed);
}

}  // namespace

extern const BaselineKind random_weights;
const BaselineKind random_weights{"random-weights", "LAYER~shuffled.SEED",
                                  "the layer when all weights on the way to it are shuffled", add_random_weights};

}  // namespace microtome::baselines
