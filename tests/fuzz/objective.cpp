// SPDX-License-Identifier: Apache-2.0
// Objectives as users write them, for a small classifier.
#include "answered.h"
#include "microtome/visualize/visualize_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  static const Network network = microtome::testing::classifier();
  static const Preprocessing preprocessing;
  return fuzz::answered([&] { parse_objective(fuzz::text_of(data, size), {network, preprocessing, 12, 12}); });
}
