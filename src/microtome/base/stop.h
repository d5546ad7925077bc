// SPDX-License-Identifier: Apache-2.0
// The end of a stop (workers.h).
// Defined in workers.cpp.
#pragma once

namespace microtome {

// Before new work, in a process that goes on after work was stopped.
void forget_stop() noexcept;

}  // namespace microtome
