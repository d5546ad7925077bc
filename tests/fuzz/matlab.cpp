// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/matlab.h"
#include "answered.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  return fuzz::answered([&] { concept_formats::parse_matlab(fuzz::text_of(data, size), "x.mat"); });
}
