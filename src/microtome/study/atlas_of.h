// SPDX-License-Identifier: Apache-2.0
// An atlas as a source of facts about a network that is at hand.
#pragma once
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/network/network.h"

namespace microtome {

// Opened for reading. Throws Error(kUsage) when it is of another network, and what opening it throws.
Atlas open_atlas_of(const Network& network, const std::string& file);

// Throws Error(kNotFound) when the atlas (of the file named) holds no dissection of the layer.
void require_dissection(const Atlas& atlas, const std::string& file, const std::string& layer);

}  // namespace microtome
