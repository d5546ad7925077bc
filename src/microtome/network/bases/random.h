// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "microtome/network/basis.h"

namespace microtome {

// A rotation Q of n dimensions, uniform over SO(n) (QR of normal numbers, signs by the diagonal of R), to the power
// alpha: 0 is the identity, 1 is Q, and the path between turns every plane of Q at constant speed (Bau et al.
// 2017, 3.2; eigenvalues exp(i t) of Q become exp(i alpha t)). Named "randomALPHA.SEED".
Basis random_rotation(int64_t channels, uint64_t seed, double alpha);

}  // namespace microtome
