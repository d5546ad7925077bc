// SPDX-License-Identifier: Apache-2.0
#include "picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return microtome::fuzz::read_picture(microtome::fuzz::text_of(data, size));
}
