// SPDX-License-Identifier: Apache-2.0
// Threads for independent pieces of work: one image or one picture each.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace microtome {

// CPUs this process may run on (the affinity mask, not the machine).
int available_threads();

// Calls work(worker, index) once for each index in [0, count), on `threads` threads; worker is in [0, threads) and
// names the calling thread. Indices are handed out in order; pieces end in any order, so results go to slots by index.
// Returns when all have ended. The first exception stops handing out and is rethrown here. With one thread, runs in the
// caller.
void parallel_for(int threads, int64_t count, const std::function<void(int worker, int64_t index)>& work);

// Asks running work to stop (from a signal handler: async-signal-safe), and what long loops call between pieces:
// throws Error(kCancelled) once a stop was asked for.
void request_stop() noexcept;
bool stop_requested() noexcept;
void throw_if_stopped();

}  // namespace microtome
