// SPDX-License-Identifier: Apache-2.0
// Published tables of other systems.
#include "answered.h"
#include "microtome/exchange/import_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  return fuzz::answered([&] { read_said_table(std::string(fuzz::text_of(data, size)), "conv-result.csv"); });
}
