// SPDX-License-Identifier: Apache-2.0
// The name of a JSON value, for headers that only pass one on. Those who look inside include json.h.
#pragma once
#include <nlohmann/json_fwd.hpp>

namespace microtome {

// Objects keep the order in which they were filled.
using Json = nlohmann::ordered_json;

}  // namespace microtome
