// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace microtome::concept_formats {

namespace fs = std::filesystem;

void SetDigest::add_table(const std::string& file, std::string_view bytes) {
  hash_.add(fmt::format("{} {}\n", file, bytes.size()));
  hash_.add(bytes);
}

void SetDigest::add_file(std::string file) {
  std::error_code failed;
  const auto size = fs::file_size(fs::path(folder_) / file, failed);
  files_.emplace_back(std::move(file), failed ? int64_t{-1} : static_cast<int64_t>(size));
}

std::string SetDigest::hex() {
  std::sort(files_.begin(), files_.end());
  for (const auto& [file, size] : files_) hash_.add(fmt::format("{} {}\n", file, size));
  return hash_.hex();
}

}  // namespace microtome::concept_formats
