// SPDX-License-Identifier: Apache-2.0
// What the engine can do, written into the binary when it was built, so that listing it needs no engine.
#pragma once
#include "microtome/base/json_fwd.h"

namespace microtome::commands {

// As Engine::kinds().
Json catalogue();

}  // namespace microtome::commands
