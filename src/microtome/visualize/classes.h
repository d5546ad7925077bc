// SPDX-License-Identifier: Apache-2.0
// The classes that a network tells apart, for objectives that are made for one of them.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/visualize/objective.h"

namespace microtome {

// The output, or what the softmax that makes it reads.
const Layer& logits(const Network& network);

// The class that a call gives by number or, when `label` is not empty, by its name or one of its comma-separated
// synonyms (letter case is free). Throws Error(kUsage), Error(kNotFound) with the nearest name.
int64_t class_unit(int64_t unit, const std::string& label, const Network& network, const Call& call);

}  // namespace microtome
