// SPDX-License-Identifier: Apache-2.0
// Writing our own networks.
#pragma once
#include <string>

#include "microtome/network/network.h"

namespace microtome {

// Writes a network as safetensors with the graph, preprocessing and classes in the header's metadata; load_network
// reads it back equal. Throws Error(kIo), and Error(kUnsupported) when a weight's type has no place in the format.
void save_network(const Network& network, const std::string& file);

}  // namespace microtome
