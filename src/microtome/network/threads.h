// SPDX-License-Identifier: Apache-2.0
// How many threads a kernel may take: parallelism is over pictures, not within one.
#pragma once

namespace microtome {

// Stops libtorch, OpenMP and BLAS from starting threads of their own inside the calling thread. Cheap when it is so
// already. Eye and Renderer do it; only who calls ATen itself on a worker of its own need ask.
void use_one_kernel_thread();

}  // namespace microtome
