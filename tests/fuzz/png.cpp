// SPDX-License-Identifier: Apache-2.0
// PNG, with the checksums of its parts made right again after each change: otherwise nothing behind them is reached.
#include <zlib.h>

#include <cstring>

#include "picture.h"

namespace {

uint32_t number_at(const uint8_t* data) {
  return uint32_t{data[0]} << 24 | uint32_t{data[1]} << 16 | uint32_t{data[2]} << 8 | data[3];
}

void mend_checksums(uint8_t* data, size_t size) {
  for (size_t at = 8; at + 12 <= size;) {
    const size_t length = number_at(data + at);
    if (length > size - at - 12) return;
    const auto sum = static_cast<uint32_t>(crc32(0, data + at + 4, static_cast<uInt>(length + 4)));
    for (size_t i = 0; i < 4; ++i) data[at + 8 + length + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    at += length + 12;
  }
}

}  // namespace

extern "C" {

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned /*seed*/) {
  size = LLVMFuzzerMutate(data, size, most);
  mend_checksums(data, size);
  return size;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return microtome::fuzz::read_picture(microtome::fuzz::text_of(data, size));
}

}  // extern "C"
