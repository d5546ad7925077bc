// SPDX-License-Identifier: Apache-2.0
// What the engine can do, written into the binary when it was built, so that help and lists need no engine.
// Defined in what CMakeLists.txt generates.
#pragma once
#include "microtome/base/json_fwd.h"

namespace microtome::commands {

// As microtome_catalogue() (study/engine.h).
Json catalogue();

}  // namespace microtome::commands
