// SPDX-License-Identifier: Apache-2.0
// models/diorama_spectrum.npy, embedded at build time.
// Defined in what CMakeLists.txt generates.
#pragma once
#include <string_view>

namespace microtome {

std::string_view diorama_spectrum();

}  // namespace microtome
