// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files, version 1.0, little-endian, C order: what other tools read.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace microtome {

// The bytes of an .npy file; values.size() is the product of the shape.
std::string npy_bytes(std::span<const float> values, const std::vector<int64_t>& shape);
std::string npy_bytes(std::span<const int64_t> values, const std::vector<int64_t>& shape);
std::string npy_bytes(std::span<const uint8_t> values, const std::vector<int64_t>& shape);

struct NpyFloats {
  std::vector<int64_t> shape;
  std::vector<float> values;
};
// Reads float32, float64, uint8 and int64 arrays. Throws Error(kCorrupt) naming `where`.
NpyFloats parse_npy(std::string_view bytes, const std::string& where);

}  // namespace microtome
