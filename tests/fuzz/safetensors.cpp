// SPDX-License-Identifier: Apache-2.0
// Our own network files: the JSON header is changed with its length kept right.
#include <cstring>

#include "answered.h"
#include "microtome/network/formats/model_format.h"

extern "C" {

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  constexpr size_t kLength = 8;
  uint64_t header = 0;
  if (size > kLength) std::memcpy(&header, data, kLength);
  if (seed % 4 == 0 || header == 0 || header > size - kLength || most <= size)
    return LLVMFuzzerMutate(data, size, most);
  const std::string tensors(reinterpret_cast<const char*>(data) + kLength + header, size - kLength - header);
  const size_t changed = LLVMFuzzerMutate(data + kLength, header, most - kLength - tensors.size());
  const uint64_t length = changed;
  std::memcpy(data, &length, kLength);
  std::memcpy(data + kLength + changed, tensors.data(), tensors.size());
  return kLength + changed + tensors.size();
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  const auto bytes = std::make_shared<const std::string>(fuzz::text_of(data, size));
  if (!model_formats::kinds()[0]->recognizes(*bytes)) return 0;
  return fuzz::answered([&] { network_from_bytes({"x.safetensors", bytes}); });
}

}  // extern "C"
