// SPDX-License-Identifier: Apache-2.0
// Weights by name, each a line "NAME SIZE SIZE ...", of which a known architecture is made. They take no memory, so
// that many are tried; more elements than a small file holds are passed over.
#include <ATen/ATen.h>

#include <sstream>

#include "answered.h"
#include "microtome/network/formats/state_dict.h"

namespace microtome::fuzz {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 22;

std::vector<int64_t> sizes_of(std::istringstream& words) {
  std::vector<int64_t> sizes;
  int64_t elements = 1;
  for (int64_t size = 0; words >> size;) {
    if (size < 0 || __builtin_mul_overflow(elements, size, &elements) || elements > kMostElements) return {0};
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace
}  // namespace microtome::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  std::istringstream lines{std::string(fuzz::text_of(data, size))};
  NamedTensors weights;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    if (words >> name) weights.emplace_back(name, at::zeros({}).expand(fuzz::sizes_of(words)));
  }
  return fuzz::answered([&] { network_from_weights(std::move(weights), 0, "x"); });
}
