// SPDX-License-Identifier: Apache-2.0
// What compilers, C libraries and systems differ in, in one place. Where a system lacks something, the portable answer
// stands in for it: results are the same, only speed differs.
#pragma once
#include <algorithm>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

// Before a function: compiled for processors with and without AVX2, chosen when the program starts. Sanitizers do not
// run before the choice.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MICROTOME_AVX2_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define MICROTOME_AVX2_CLONES
#endif

namespace microtome {

// Processors that this process may use, at least 1.
inline int usable_processors() {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Allocating large tensors anew at every step costs thousands of page faults: has the C library keep freed memory.
inline void keep_the_heap() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

// Has the processor fetch the line of `address`, which will be written.
inline void prefetch_for_writing(const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address, 1);
#else
  static_cast<void>(address);
#endif
}

}  // namespace microtome
