// SPDX-License-Identifier: Apache-2.0
// The kinds of everything that the engine knows, for `microtome list`.
#pragma once
#include "microtome/base/json_fwd.h"

namespace microtome {

// {"objectives":[{"name","summary","parameters"}], "parametrizations":..., "transforms":..., "formats":...,
// "operators":[names]}
Json engine_kinds();

}  // namespace microtome
