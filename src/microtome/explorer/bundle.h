// SPDX-License-Identifier: Apache-2.0
// The explorer's front end as vite built it, embedded into the library. Private to the room.
// Defined in no_bundle.cpp.
#pragma once
#include <span>
#include <string_view>

namespace microtome {

struct BundleFile {
  std::string_view path;  // relative to the site
  std::string_view bytes;
};

// All files by path; empty when microtome was built without the pages (MICROTOME_EXPLORER=OFF).
std::span<const BundleFile> bundle_files();

}  // namespace microtome
