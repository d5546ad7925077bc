// SPDX-License-Identifier: Apache-2.0
// Objectives as users write them.
#pragma once
#include <string_view>

#include "microtome/visualize/objective.h"

namespace microtome {

// Arithmetic of kinds and numbers, + - * / and parentheses: "channel(conv5:12) * (1 - 0.2*diversity(conv5))",
// "-neuron(...)", "channel(...)*(1 - alpha)". "conv5:12" alone is its channel. Objectives are divided by numbers only.
// At most 1000 kinds, 100 parentheses deep. Throws Error(kUsage) with the column of a mistake and the nearest name,
// Error(kNotFound) for an unknown layer or class.
Objective parse_objective(std::string_view text, const ObjectiveContext& context);

}  // namespace microtome
