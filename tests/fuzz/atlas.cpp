// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/atlas.h"
#include "answered.h"
#include "microtome/atlas/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  static const fuzz::Folder folder;
  const std::string file = folder.path("x.atlas");
  folder.write("x.atlas", fuzz::text_of(data, size));
  fuzz::answered([&] { check_atlas(file, "", *make_silent_reporter()); });
  return fuzz::answered([&] { Atlas::open(file, Atlas::Mode::kRead).content_hash(); });
}
