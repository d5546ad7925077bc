// SPDX-License-Identifier: Apache-2.0
// The layouts, in the order of their scenes: outdoors first.
// Defined in indoors.cpp and outdoors.cpp.
#pragma once
#include "microtome/concepts/diorama/scenery.h"

namespace microtome::diorama {

std::span<const Layout> outdoor_layouts();
std::span<const Layout> indoor_layouts();

}  // namespace microtome::diorama
