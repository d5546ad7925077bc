// SPDX-License-Identifier: Apache-2.0
// When the frames of an animation are shown.
#pragma once
#include <span>

namespace microtome {

// How frames follow each other.
struct Timing {
  std::span<const int> milliseconds;  // how long each frame is shown, 1 to 65535: one number for all, or one each
  int loops = 0;                      // how often all are shown, to 65535; 0 = for ever
};

}  // namespace microtome
