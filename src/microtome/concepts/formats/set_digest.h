// SPDX-License-Identifier: Apache-2.0
// The hash that names a concept set in provenance.
#pragma once
#include <ios>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/hash.h"

namespace microtome::concept_formats {

// SHA-256 over the tables in the order in which they are added and, of the rest, the sorted list of (file, size, last
// kEnding bytes). A PNG ends in checksums of all its pixels, as do the compressed elements of MATLAB's files: an edited
// mask of the same size is another one.
class SetDigest {
 public:
  explicit SetDigest(std::string folder) : folder_(std::move(folder)) {}
  void add_table(const std::string& file, std::string_view bytes);
  void add_file(std::string file);  // Relative to the folder; one that cannot be read has size -1.
  std::string hex();                // Call once.

 private:
  static constexpr std::streamoff kEnding = 64;
  std::string folder_;
  Sha256 hash_;
  std::vector<std::string> files_;
};

}  // namespace microtome::concept_formats
