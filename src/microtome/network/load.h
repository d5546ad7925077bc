// SPDX-License-Identifier: Apache-2.0
// Network files.
#pragma once
#include <string>

#include "microtome/network/network.h"

namespace microtome {

// Reads a network file, its format told by content. Operators are checked at load: Error(kUnsupported) names operator,
// node, opset and what to do. A truncated or empty file is Error(kCorrupt). `side`: input side where the file leaves it
// free (0 = 224).
Network load_network(const std::string& file, int side = 0);

}  // namespace microtome
