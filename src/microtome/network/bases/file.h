// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "microtome/network/basis.h"

namespace microtome {

// Whether the text names a file that read_basis() reads: "FILE.npy" or "FILE.safetensors:TENSOR".
bool names_basis_file(const std::string& text);
std::string basis_file(const std::string& text);  // the file alone
// A matrix [units, channels], for example the decoder of a sparse autoencoder; when only its first axis has as many
// entries as there are channels, it is [channels, units] and is transposed. Named by the file's stem and the tensor.
// Throws Error(kCorrupt/kUsage); a tensor that is not there is answered with those that are.
Basis read_basis(const std::string& text, int64_t channels);

}  // namespace microtome
