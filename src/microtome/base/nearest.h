// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the known name closest to a misspelt one.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace microtome {

// How many letters to insert, delete, replace or swap with their neighbours; letter case is free.
size_t edit_distance(std::string_view a, std::string_view b);

// The known name with the smallest edit distance; the first on ties, empty when nothing is known.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace microtome
