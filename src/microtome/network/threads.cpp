// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace microtome {

void use_one_kernel_thread() {
  at::set_num_threads(1);  // Also sets OpenMP's number, which is kept per calling thread.
  // OpenBLAS has a pool that ATen does not know of; with another BLAS the symbol is absent.
  using SetThreads = void (*)(int);
  static const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

}  // namespace microtome
