// SPDX-License-Identifier: Apache-2.0
// Graph to graph: each pass gives a new network with the same values for the layers that remain. One file of passes/
// each.
// Defined in passes/.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "microtome/network/basis.h"
#include "microtome/network/network.h"

namespace microtome {

// --- less of a network

// Only the nodes that the named layers need; those layers become the outputs, in the order given. Layers of the result
// keep their names and aliases.
Network prune_to(const Network& network, std::span<const std::string> layers);

// Stops at `layer` and computes only the channels `units` of it: of the convolution or Gemm that makes it, behind what
// acts on each channel alone, and of each branch of a concatenation (branches without a wanted unit go). The layer, the
// only output, then has units.size() channels, in the order given. A layer that is not made so, or whose convolution
// other nodes read too: the network unchanged. Throws Error(kUsage) on a unit that is not there.
Network slice_units(const Network& network, const std::string& layer, std::span<const int64_t> units);

// --- another input

// A network of rows [N,C,L] or vectors [N,F] that takes them as maps [N,C,1,L] and [N,1,1,F]; one of maps is unchanged.
// Throws Error(kUnsupported) for any other input.
Network with_input_maps(const Network& network);

// --- another backward; forward values are unchanged

// Clamps (Relu, Clip) let gradients of a dead picture pass. Gradients are those of a score to be raised. For each
// picture of the batch, backward is plain while any gradient gets through; else open units pass it, and closed ones
// pass what would open them (Lucid's rule). Leaky rectifiers and sigmoids never block and stay.
Network redirect_dead_relus(const Network& network);

// Rectifiers - Relu, and Clip from 0 on (ReLU6) - get a backward that passes max(g, 0) only: in guided_backprop where
// they are open (Springenberg et al. 2015), in deconvolution whatever their input was (Zeiler and Fergus 2014). Max
// pooling routes gradients through its switches as ever. Leaky rectifiers, smooth ones and other clips stay as they
// are: a network without rectifiers keeps its plain gradient.
Network guided_backprop(const Network& network);
Network deconvolution(const Network& network);

// --- one layer more (names: network/derived_name.h)

// "LAYER~pre", of the layer's shape: the input of the clamp (Relu, Clip) that makes the layer, or the concatenation of
// these for a Concat of rectified branches. A layer that is not rectified is its own pre-activation: the network comes
// back unchanged.
Network with_pre_activation(const Network& network, const std::string& layer);

// "LAYER~NAME" with a unit for each row of the basis. The layer is [C,H,W] or [F]. Throws Error(kUsage) when the basis
// is of another number of channels, has a zero row or numbers that are not finite.
Network with_basis(const Network& network, const std::string& layer, const Basis& basis);

// How the tokens of a layer [T,C], or of attention weights [heads,T,T], lie on the picture: a few in front (class,
// distillation, registers), then row by row. From the map that they were cut from, else the largest square. Nothing
// where they make no grid, or the network takes no pictures.
struct TokenGrid {
  int64_t leading = 0, height = 0, width = 0;
};
std::optional<TokenGrid> token_grid(const Network& network, const Layer& layer);

// What a token layer [T,C] or a one-dimensional one [C,L] is as maps. The suffix says which it is:
//   "grid": [T,C] to [C,h,w], tokens in front left out; a layer of maps with channels last, [h,w,C], to [C,h,w].
//   "class": [T,C] to [C]: the first token.
//   "registers": [T,C] to [C,1,k]: the k tokens between the first and the grid.
//   "line": [C,L] to [C,1,L].
//   "attention": [heads,T,T] to [heads,h,w]: what the first token attends to, or without one all tokens in the mean.
// Throws Error(kUsage) when the layer has other axes, or its tokens make no grid.
Network with_maps(const Network& network, const std::string& layer, const std::string& suffix);
bool is_maps_suffix(const std::string& suffix);

// For each of `layers` "LAYER~shuffled.SEED": the same layer when the values of every weight tensor on the way to it
// (of what mixes channels: convolutions and matrix products; not biases, not normalization) stand in random order. Both
// read the one input, so one run gives both.
Network with_shuffled_weights(const Network& network, std::span<const std::string> layers, uint64_t seed);

// The layer's channels rotated by the basis (square, orthonormal), "LAYER~NAME", and its transpose folded into every
// consumer: logits stay what they were. Consumers are operators that can undo a rotation (Conv, Gemm, MatMul), reached
// through those that let one pass (average pooling, Flatten of 1x1 maps, Identity, Dropout ...). Throws
// Error(kUnsupported) naming any other one.
Network folded_rotation(const Network& network, const std::string& layer, const Basis& basis);

}  // namespace microtome
