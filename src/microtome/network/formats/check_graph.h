// SPDX-License-Identifier: Apache-2.0
// What every graph that came from a file must keep, whatever the format.
#pragma once
#include <string>

#include "microtome/network/graph.h"

namespace microtome {

// Throws Error(kCorrupt) when an index is out of range, a node reads what nothing before it makes, a value is made
// twice, a node of a known operator has no first input, a node makes nothing, an output is made by nothing or a weight
// has an impossible shape.
void check_graph(const Graph& graph, const std::string& where);

// Throws Error(kUnsupported) unless the input has two to five axes and a sensible size.
void check_input(const Graph& graph, const std::string& where);

}  // namespace microtome
