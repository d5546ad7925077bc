// SPDX-License-Identifier: Apache-2.0
// Files that others publish and that can be fetched by name.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace microtome {

struct PublishedFile {
  std::string_view name;     // "resnet50"
  std::string_view address;  // https; the last part is the file's name
  // "sha256:" or "md5:" and hexadecimal digits, of which there may be fewer than all: torchvision puts the first eight
  // of the SHA-256 into the names of its files. Empty: its publisher gives none.
  std::string_view digest;
  int64_t megabytes = 0;  // about; twice as much is not accepted
  std::string_view what;  // "network", "concept set"
  std::string_view licence;
  std::string_view next;  // what to do with it; empty for a network, which is given by its name

  std::string file_name() const { return std::string(address.substr(address.rfind('/') + 1)); }
};

// Sorted by name.
std::span<const PublishedFile> published_files();
// Null when there is none of that name.
const PublishedFile* find_published(std::string_view name);

}  // namespace microtome
