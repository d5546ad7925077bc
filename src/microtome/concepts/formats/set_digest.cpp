// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace microtome::concept_formats {

namespace fs = std::filesystem;

void SetDigest::add_table(const std::string& file, std::string_view bytes) {
  hash_.add(fmt::format("{} {}\n", file, bytes.size()));
  hash_.add(bytes);
}

void SetDigest::add_file(std::string file) { files_.push_back(std::move(file)); }

std::string SetDigest::hex() {
  std::sort(files_.begin(), files_.end());
  for (const std::string& file : files_) {
    std::ifstream stream(fs::path(folder_) / file, std::ios::binary | std::ios::ate);
    const std::streamoff size = stream.tellg();
    std::string ending(static_cast<size_t>(std::clamp<std::streamoff>(size, 0, kEnding)), '\0');
    stream.seekg(-static_cast<std::streamoff>(ending.size()), std::ios::end);
    stream.read(ending.data(), static_cast<std::streamsize>(ending.size()));
    hash_.add(fmt::format("{} {}\n", file, size));
    hash_.add(ending);
  }
  return hash_.hex();
}

}  // namespace microtome::concept_formats
