// SPDX-License-Identifier: Apache-2.0
// What the engine can be asked, and the kinds of everything that it knows.
#pragma once
#include "microtome/base/json_fwd.h"

namespace microtome {

// As microtome_catalogue() (engine.h).
Json engine_catalogue();

}  // namespace microtome
