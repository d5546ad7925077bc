// SPDX-License-Identifier: Apache-2.0
// Graph to graph: each pass gives a new network with the same values for the layers that remain.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

// Only the nodes that the named layers need; those layers become the outputs, in the order given. Layers of the result
// keep their names and aliases.
Network prune_to(const Network& network, std::span<const std::string> layers);

// Folds each BatchNormalization into the convolution or Gemm before it when nothing else reads the value between and it
// is not in `keep`. Equal up to rounding.
Network fold_batch_norm(const Network& network, std::span<const std::string> keep = {});

// A network of rows [N,C,L] or vectors [N,F] that takes them as maps [N,C,1,L] and [N,1,1,F]; one of maps is unchanged.
// Throws Error(kUnsupported) for any other input.
Network with_input_maps(const Network& network);

// Stops at `layer` and computes only the channels `units` of it: of the convolution or Gemm that makes it, behind what
// acts on each channel alone, and of each branch of a concatenation (branches without a wanted unit go). The layer, the
// only output, then has units.size() channels, in the order given. A layer that is not made so, or whose convolution
// other nodes read too: the network unchanged. Throws Error(kUsage) on a unit that is not there.
Network slice_units(const Network& network, const std::string& layer, std::span<const int64_t> units);

// Relu and Clip (ReLU6) let gradients of a dead picture pass. Gradients are those of a score to be raised. For each
// picture of the batch, backward is plain while any gradient gets through; else open units pass it, and closed ones
// pass what would open them (Lucid's rule). Forward values are unchanged. Leaky rectifiers and sigmoids never block and
// stay.
Network redirect_dead_relus(const Network& network);

// Rectifiers - Relu, and Clip from 0 on (ReLU6) - get a backward that passes max(g, 0) only: in guided_backprop where
// they are open (Springenberg et al. 2015), in deconvolution whatever their input was (Zeiler and Fergus 2014). Forward
// values are unchanged; max pooling routes gradients through its switches as ever. Leaky rectifiers, smooth ones and
// other clips stay as they are: a network without rectifiers keeps its plain gradient.
Network guided_backprop(const Network& network);
Network deconvolution(const Network& network);

}  // namespace microtome
