// SPDX-License-Identifier: Apache-2.0
// Zip archives: members lie within the file and unpack to the sizes that they say.
#include "answered.h"
#include "microtome/network/formats/zip_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  const auto owner = std::make_shared<const std::string>(fuzz::text_of(data, size));
  const SharedBytes archive{owner, *owner};
  return fuzz::answered([&] {
    for (const ZipMember& member : list_zip(archive.view, "x")) {
      fuzz::answered([&] {
        if (unpack(archive, member, "x").view.size() != member.size) std::abort();
      });
    }
  });
}
