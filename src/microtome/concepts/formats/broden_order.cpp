// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/broden_order.h"

#include <array>
#include <cstdint>

#include "microtome/base/hash.h"

namespace microtome {

double broden_key(std::string_view file) {
  const std::array<uint8_t, 16> digest = md5(file);
  uint64_t key = 0;
  for (size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return static_cast<double>(key) / 18446744073709551616.0;
}

std::string broden_split(std::string_view file) { return broden_key(file) <= 0.7 ? "train" : "val"; }

}  // namespace microtome
