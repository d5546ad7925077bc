// SPDX-License-Identifier: Apache-2.0
// What is learnt of a graph by running it on zeros: shapes, what never changes, whether other sizes run.
#pragma once
#include <vector>

#include "microtome/network/cut.h"
#include "microtome/network/graph.h"

namespace microtome {

// Readies a graph as it came from a file or a builder, in place; indices of values stay. A batch of unknown length
// counts as 1, other unknown lengths of the input must be known. Values that no input decides become constants, and so
// do those of exporters' shape chains that are the same for one and two pictures and, if those run, for larger ones; a
// constant that nothing reads any more is let go. A batch that the file fixes becomes free: a Reshape to it keeps the
// batch, constants are repeated as often as there are pictures. Fills the shape of every value that is read. Throws
// Error naming the node where what is left cannot run, or nothing is; Error(kUnsupported) where a batch above 1 cannot
// be freed.
struct Probe {
  bool free_size = false;    // larger pictures run too
  std::vector<char> layers;  // by value: floating-point, made from the input's content, and one row a picture
  Cut cut;                   // nodes that cannot run, and all behind them, which are left out of the graph
};
Probe probe_graph(Graph& graph);

}  // namespace microtome
