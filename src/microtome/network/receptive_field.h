// SPDX-License-Identifier: Apache-2.0
// Receptive fields of every value, by composing the windows of the operators from the input on.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

// Which input pixels one position of a layer can see. Along x and y: position p sees the pixels
// start + p * step .. start + p * step + size - 1 (padding not clipped). step 0: everything (after global pooling or
// flattening). Composition: size' = size + (k - 1) * d * step, start' = start - pad * step, step' = step * stride; the
// union over branches.
struct ReceptiveField {
  std::array<int64_t, 2> size{1, 1}, step{1, 1}, start{0, 0};  // x, y
};

// By value; those that do not depend on the input's content keep the default. Shapes must be known.
std::vector<ReceptiveField> receptive_fields(const Graph& graph);

}  // namespace microtome
