// SPDX-License-Identifier: Apache-2.0
// What do an architecture and its data give without training? A copy of the network beside it, with shuffled weights.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "microtome/network/network.h"

namespace microtome {

// "LAYER~shuffled.SEED"
std::string shuffled_name(const std::string& layer, uint64_t seed);

// The network with a layer more for each of `layers` (full names): the same layer when the values of every weight
// tensor on the way to it (of what mixes channels: convolutions and matrix products; not biases, not normalization) stand in random
// order. Both read the one input, so one run gives both.
Network with_shuffled_weights(const Network& network, std::span<const std::string> layers, uint64_t seed);

}  // namespace microtome
