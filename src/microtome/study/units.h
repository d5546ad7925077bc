// SPDX-License-Identifier: Apache-2.0
// Lists of units as users write them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// A layer with the units asked for.
struct LayerTask {
  std::string layer;           // the file's own name
  std::vector<int64_t> units;  // rising
};

// "0-15,40" as rising numbers without repeats; "all" and empty text mean all of [0, count). Throws Error(kUsage) with
// the part that is malformed or beyond the layer.
std::vector<int64_t> parse_units(std::string_view text, int64_t count, const std::string& layer);

}  // namespace microtome
