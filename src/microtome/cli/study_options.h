// SPDX-License-Identifier: Apache-2.0
// The options that atlas, dissect and visualize share.
#pragma once
#include <memory>

#include "microtome/cli/command.h"

namespace microtome::commands {

// Declares the options of the parts that the command does and runs them when it is called.
void define_study(CLI::App& app, Session& session, bool dissect, bool visualize);

}  // namespace microtome::commands
