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

// Only the channels `units` of the last convolution (and what follows it up to the layer, when that acts on each channel
// alone), when `layer` is made so; otherwise the network unchanged. The layer then has units.size() channels.
Network slice_units(const Network& network, const std::string& layer, std::span<const int64_t> units);

// Every rectifier (Relu, LeakyRelu, Clip, Sigmoid-free family) lets gradients of a dead image pass: backward is plain while
// any gradient gets through, else it lets through what would raise a closed unit (Lucid's rule, feature-visualization
// report 2.2). Forward values are unchanged.
Network redirect_dead_relus(const Network& network);

}  // namespace microtome
