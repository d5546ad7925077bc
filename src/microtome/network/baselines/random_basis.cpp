// SPDX-License-Identifier: Apache-2.0
// The layer turned by a random rotation: as much information, no axis that training has chosen (Bau et al. 2017, 3.2).
#include "microtome/network/baseline.h"
#include "microtome/network/bases/random.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"

namespace microtome::baselines {
namespace {

Network add_random_basis(const Network& network, std::span<const std::string> layers, uint64_t seed,
                         std::vector<std::string>& added) {
  Network wider = network;
  for (const std::string& name : layers) {
    const Layer& layer = network.layer(name);
    const Basis basis = random_rotation(layer.units, seed, 1);
    wider = with_basis(wider, name, basis);
    added.push_back(derived_name(layer.name, basis.name));
  }
  return wider;
}

}  // namespace

extern const BaselineKind random_basis;
const BaselineKind random_basis{"random-basis", "LAYER~random1.SEED", "the layer turned by a random rotation",
                                add_random_basis};

}  // namespace microtome::baselines
