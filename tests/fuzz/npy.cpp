// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/npy.h"
#include "answered.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  return fuzz::answered([&] { parse_npy(fuzz::text_of(data, size), "x.npy"); });
}
