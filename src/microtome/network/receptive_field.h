// SPDX-License-Identifier: Apache-2.0
// Receptive fields of every value, by composing the windows of the operators from the input on.
#pragma once
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

// By value; those that do not depend on the input's content keep the default. Shapes must be known.
std::vector<ReceptiveField> receptive_fields(const Graph& graph);

}  // namespace microtome
