// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/tensor_over.h"

#include <ATen/ATen.h>

#include <cstring>
#include <vector>

namespace microtome {

at::Tensor tensor_over(const SharedBytes& bytes, at::ScalarType type, at::IntArrayRef sizes, at::IntArrayRef strides) {
  const at::ScalarType seen = type == at::kBool ? at::kByte : type;
  const auto options = at::TensorOptions().dtype(seen);
  const char* data = bytes.view.data();
  at::Tensor tensor;
  if (bytes.view.empty()) {
    tensor = at::empty(sizes, options);
  } else if (reinterpret_cast<uintptr_t>(data) % at::elementSize(seen) == 0) {
    tensor = at::from_blob(
        const_cast<char*>(data), sizes, strides, [owner = bytes.owner](void*) {}, options);
  } else {
    const at::Tensor copy = at::empty({static_cast<int64_t>(bytes.view.size() / at::elementSize(seen))}, options);
    std::memcpy(copy.data_ptr(), data, copy.nbytes());
    tensor = copy.as_strided(sizes, strides);
  }
  return type == at::kBool ? tensor.ne(0) : tensor;
}

at::Tensor tensor_over(const SharedBytes& bytes, at::ScalarType type, at::IntArrayRef sizes) {
  if (bytes.view.empty()) return at::empty(sizes, at::TensorOptions().dtype(type));
  std::vector<int64_t> strides(sizes.size(), 1);
  for (size_t axis = sizes.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * sizes[axis];
  return tensor_over(bytes, type, sizes, strides);
}

}  // namespace microtome
