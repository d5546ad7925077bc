// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "microtome/network/basis.h"

namespace microtome {

// Rows: the eigenvectors of the covariance [C,C] by falling variance, the entry of largest magnitude positive.
Basis principal_components(const at::Tensor& covariance);

}  // namespace microtome
