// SPDX-License-Identifier: Apache-2.0
// A graph without what cannot run here.
#pragma once
#include <string>
#include <vector>

#include "microtome/network/graph.h"
#include "microtome/network/schedule.h"

namespace microtome {

// What was left out, as sentences for people.
struct Cut {
  std::vector<std::string> notes;  // one for all nodes that were refused for the same reason
  std::string lost_output;         // why the file's first output is gone; empty: it is not
};

// Leaves out the refused nodes and all that need what they make. Outputs that are lost go; where all are, what is
// left at the ends takes their place. Throws Error(kUnsupported) naming the first refused node
// where nothing that depends on the input is left.
void cut_off(Graph& graph, const Refusals& refusals, Cut& cut);

// Nodes that are known not to run, without trying.
Refusals unknown_nodes(const Graph& graph);
// Nodes whose results have a shape that depends on what is in the input; all operators are known.
Refusals unsettled_nodes(const Graph& graph);

}  // namespace microtome
