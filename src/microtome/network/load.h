// SPDX-License-Identifier: Apache-2.0
// Network files.
#pragma once
#include <string>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

// Reads a network file, its format told by content, or the fetched file of a published network (fetch/cache.h).
// Operators are checked at load: Error(kUnsupported) names operator, node, opset and what to do. A truncated or empty
// file is Error(kCorrupt). `side`: input side where the file leaves it free; 0 = 224, or the first of the usual sides
// that the network runs on. A file of several inputs is a network of the first that is pictures, or floats, and is not
// given; the others are held at what is given, else at 1 where their name says mask, else at 0. What is given becomes
// part of the hash; Error(kUsage) when the file has no such input or its shape does not fit.
Network load_network(const std::string& file, int side = 0, std::vector<GivenInput> given = {});

}  // namespace microtome
