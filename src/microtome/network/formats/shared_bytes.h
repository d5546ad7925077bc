// SPDX-License-Identifier: Apache-2.0
// Bytes of a file that are handed on without being copied, and tensors over them.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <string_view>

namespace microtome {

struct SharedBytes {
  std::shared_ptr<const std::string> owner;  // what `view` points into
  std::string_view view;

  // Throws nothing: a part beyond the end is shortened.
  SharedBytes part(size_t begin, size_t length) const { return {owner, view.substr(begin, length)}; }
};

// A tensor of these elements; booleans are read as "not zero". `bytes` must hold every element that sizes and strides
// (counted in elements) reach. A view where the bytes are aligned for the type, a copy otherwise.
at::Tensor tensor_over(const SharedBytes& bytes, at::ScalarType type, at::IntArrayRef sizes, at::IntArrayRef strides);
// The same in row-major order.
at::Tensor tensor_over(const SharedBytes& bytes, at::ScalarType type, at::IntArrayRef sizes);

}  // namespace microtome
