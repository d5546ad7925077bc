// SPDX-License-Identifier: Apache-2.0
// The bounds of a Clip, for every operator that is one forward.
// Defined in activation.cpp.
#pragma once
#include "microtome/network/ops/operator.h"

namespace microtome::operators {

struct ClipBounds {
  double low = 0, high = 0;
};

// From inputs 1 and 2 (opset 11 and later) or the attributes; infinite where neither is there.
ClipBounds clip_bounds(const OperatorCall& call);

}  // namespace microtome::operators
