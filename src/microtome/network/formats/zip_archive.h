// SPDX-License-Identifier: Apache-2.0
// Zip archives as PyTorch and NumPy write them: members that are stored as they are or deflated, sizes of 32 and 64
// bits. Stored members are views into the file, so that weights are not copied, which libraries for zip would do.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/formats/shared_bytes.h"

namespace microtome {

struct ZipMember {
  std::string name;
  std::string_view packed;  // as it lies in the archive
  uint64_t size = 0;        // unpacked
  uint32_t checksum = 0;    // CRC-32 of the content; PyTorch may leave it 0
  bool deflated = false;
};

bool looks_like_zip(std::string_view bytes);

// In the order of the central directory. Throws Error(kCorrupt) where sizes, places and the file disagree or members
// overlap, Error(kUnsupported) on encryption and on other methods; both begin with `where`.
std::vector<ZipMember> list_zip(std::string_view bytes, const std::string& where);

// Null when there is none of that name.
const ZipMember* find_member(const std::vector<ZipMember>& members, std::string_view name);

// The content: a view into `archive` where it is stored. Throws Error(kCorrupt) when it does not unpack to its size or
// has another checksum.
SharedBytes unpack(const SharedBytes& archive, const ZipMember& member, const std::string& where);

}  // namespace microtome
