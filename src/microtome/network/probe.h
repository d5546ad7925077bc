// SPDX-License-Identifier: Apache-2.0
// What is learnt of a graph by running it on zeros: shapes, what never changes, whether other sizes run.
#pragma once
#include <vector>

#include "microtome/network/cut.h"
#include "microtome/network/graph.h"

namespace microtome {

// Readies a graph as it came from a file or a builder, in place; indices of values stay. A batch of unknown length
// counts as 1, other unknown lengths of the input must be known. Values that no input decides become constants, and so
// do those of exporters' shape chains that are the same for one and two pictures and, if those run, for larger ones. A
// Reshape to a fixed batch of 1 keeps the batch instead. Fills the shape of every value that is read. Throws Error
// naming the node where what is left cannot run, or nothing is.
struct Probe {
  bool free_size = false;    // larger pictures run too
  std::vector<char> layers;  // by value: floating-point, made from the input's content, and one row a picture
  Cut cut;                   // nodes that cannot run, and all behind them, which are left out of the graph
};
Probe probe_graph(Graph& graph);

}  // namespace microtome
