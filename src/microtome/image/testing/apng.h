// SPDX-License-Identifier: Apache-2.0
// For tests: animated PNGs, which the room reads (the first frame) and does not write.
#pragma once
#include <span>
#include <string>

#include "microtome/image/image.h"
#include "microtome/image/timing.h"

namespace microtome {

// Lossless animated PNG of 1, 3 or 4 channels; programs that do not know the extension show the first frame.
std::string encode_apng(std::span<const Image> frames, const Timing& timing, const std::string& description = {});

}  // namespace microtome
