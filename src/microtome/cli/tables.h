// SPDX-License-Identifier: Apache-2.0
// The engine's answers as tables for a terminal.
#pragma once
#include <string>

#include "microtome/base/json_fwd.h"

namespace microtome::commands {

// Of Engine::info(), at most `width` columns wide where the names allow it.
std::string network_table(const Json& info, int width);
std::string classes_table(const Json& answer);        // Of Engine::classify().
std::string kinds_table(const Json& catalogue);       // Of Engine::kinds().
std::string plan_table(const Json& plan, int width);  // Of Engine::plan().

}  // namespace microtome::commands
