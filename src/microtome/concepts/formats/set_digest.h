// SPDX-License-Identifier: Apache-2.0
// The hash that names a concept set in provenance.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microtome/base/hash.h"

namespace microtome::concept_formats {

// SHA-256 over the tables in the order in which they are added and the sorted list of (file, size) of the rest.
class SetDigest {
 public:
  explicit SetDigest(std::string folder) : folder_(std::move(folder)) {}
  void add_table(const std::string& file, std::string_view bytes);
  void add_file(std::string file);  // Relative to the folder; one that is missing has size -1.
  std::string hex();                // Call once.

 private:
  std::string folder_;
  Sha256 hash_;
  std::vector<std::pair<std::string, int64_t>> files_;
};

}  // namespace microtome::concept_formats
