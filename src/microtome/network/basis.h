// SPDX-License-Identifier: Apache-2.0
// Units that are directions in a layer's channel space, and layers of any rank as maps: as graphs with one layer more,
// so that everything that works on a channel works on them.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

// Unit k's activation at a position is the inner product of row k with the channels there.
struct Basis {
  std::string name;    // becomes part of the layer's name: "conv5~pca"
  at::Tensor vectors;  // float32 [units, channels]
};

// A rotation Q of n dimensions, uniform over SO(n) (QR of normal numbers, signs by the diagonal of R), to the power
// alpha: 0 is the identity, 1 is Q, and the path between turns every plane of Q at constant speed (Bau et al.
// 2017, 3.2; eigenvalues exp(i t) of Q become exp(i alpha t)).
Basis random_rotation(int64_t channels, uint64_t seed, double alpha);
// Rows: the eigenvectors of the covariance by falling variance, the entry of largest magnitude positive.
Basis principal_components(const at::Tensor& covariance);
// Whether the text names a file that read_basis() reads: "FILE.npy" or "FILE.safetensors:TENSOR".
bool names_basis_file(const std::string& text);
std::string basis_file(const std::string& text);  // the file alone
// A matrix [units, channels], for example the decoder of a sparse autoencoder; when only its first axis has as many
// entries as there are channels, it is [channels, units] and is transposed. Named by the file's stem and the tensor.
// Throws Error(kCorrupt/kUsage); a tensor that is not there is answered with those that are.
Basis read_basis(const std::string& text, int64_t channels);

// The network with one layer more: "LAYER~NAME" with a unit for each row. The layer is [C,H,W] or [F]. Throws
// Error(kUsage) when the basis is of another number of channels, has a zero row or numbers that are not finite.
Network with_basis(const Network& network, const std::string& layer, const Basis& basis);

// What a token layer [T,C] or a one-dimensional one [C,L] is as maps. The suffix chosen says which it is:
//   "LAYER~grid"  [T,C] -> [C,h,w] where T = h * w or 1 + h * w with h = w; the first token (the class token) is left
//   out "LAYER~class" [T,C] -> [C]: the first token "LAYER~line"  [C,L] -> [C,1,L]
// Throws Error(kUsage) when the layer has not two axes, or its tokens make no square.
Network with_maps(const Network& network, const std::string& layer, const std::string& suffix);

// The network with the layer's channels rotated by the basis (square, orthonormal) and its transpose folded into every
// consumer: logits stay what they were. Consumers may be Conv, Gemm and MatMul, reached through global and other
// average pooling, Flatten of 1x1 maps, Identity and Dropout. Throws Error(kUnsupported) naming any other one.
Network folded_rotation(const Network& network, const std::string& layer, const Basis& basis);

}  // namespace microtome
