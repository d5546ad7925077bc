// SPDX-License-Identifier: Apache-2.0
// How formulas over concepts are searched for.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/field.h"

namespace microtome {

struct FormulaSettings {
  int length = 3;        // labels in a formula at most; 0 = no formulas
  int beam = 5;          // formulas kept at each length
  bool optimal = false;  // every formula of up to three labels instead of a beam
};

}  // namespace microtome
