// SPDX-License-Identifier: Apache-2.0
// What is said of an atlas that was made.
#pragma once
#include <string>

#include "microtome/base/json_fwd.h"

namespace microtome::faces {

// Tables of what was asked for beside the units, if anything, and where to look.
std::string made_atlas(const Json& answer, const Json& request, int width);

}  // namespace microtome::faces
