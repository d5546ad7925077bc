// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/platform.h"
#include "microtome/base/stop.h"

namespace microtome {
namespace {

std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

int available_threads() { return usable_processors(); }

void parallel_for(int threads, int64_t count, const std::function<void(int, int64_t)>& work) {
  if (threads <= 1 || count <= 1) {
    for (int64_t index = 0; index < count; ++index) work(0, index);
    return;
  }
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error;
  std::mutex mutex;
  const auto run = [&](int worker) {
    while (!failed) {
      const int64_t index = next++;
      if (index >= count) return;
      try {
        work(worker, index);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        failed = true;
      }
    }
  };
  std::vector<std::jthread> pool;
  try {
    for (int worker = 1; worker < threads; ++worker) pool.emplace_back(run, worker);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that there are do all of it.
  }
  run(0);
  pool.clear();
  if (error) std::rethrow_exception(error);
}

void request_stop() noexcept { stop_asked = true; }
void forget_stop() noexcept { stop_asked = false; }
bool stop_requested() noexcept { return stop_asked; }
void throw_if_stopped() {
  if (stop_asked)
    throw Error(ErrorKind::kCancelled, "", "stopped; what was finished is kept", "the same command continues");
}

}  // namespace microtome
