// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/derived_name.h"

#include <fmt/format.h>

namespace microtome {

std::string derived_name(const std::string& layer, std::string_view suffix) {
  return fmt::format("{}~{}", layer, suffix);
}

DerivedName split_derived_name(const std::string& name) {
  const size_t mark = name.rfind('~');
  if (mark == std::string::npos) return {name, {}};
  return {name.substr(0, mark), name.substr(mark + 1)};
}

std::string random_basis_suffix(double alpha, uint64_t seed) {
  return fmt::format("{}{:g}.{}", kRandomBasis, alpha, seed);
}

std::string shuffled_suffix(uint64_t seed) { return fmt::format("{}.{}", kShuffledWeights, seed); }

}  // namespace microtome
