// SPDX-License-Identifier: Apache-2.0
// Tensors over the bytes of a file.
#pragma once
#include <ATen/core/Tensor.h>

#include "microtome/network/formats/shared_bytes.h"

namespace microtome {

// A tensor of these elements; booleans are read as "not zero". `bytes` must hold every element that sizes and strides
// (counted in elements) reach. A view where the bytes are aligned for the type, a copy otherwise.
at::Tensor tensor_over(const SharedBytes& bytes, at::ScalarType type, at::IntArrayRef sizes, at::IntArrayRef strides);
// The same in row-major order.
at::Tensor tensor_over(const SharedBytes& bytes, at::ScalarType type, at::IntArrayRef sizes);

}  // namespace microtome
