// SPDX-License-Identifier: Apache-2.0
// A unit and its sign: who is looked at.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// Which end of a unit's range is meant.
enum class Sign : int8_t { kNegative = -1, kPositive = 1 };

constexpr char sign_char(Sign sign) { return sign == Sign::kPositive ? '+' : '-'; }
// What an activation is multiplied with, so that more is more of the sign: 1 or -1.
constexpr double factor(Sign sign) { return static_cast<double>(sign); }

// Signs as users write them, positive first: "+", "-" or "both". Throws Error(kUsage) naming `where` on other texts.
std::vector<Sign> parse_signs(std::string_view text, const std::string& where);

// A unit of a layer, by its row in the layer's basis, and its sign. In order: by layer, unit, + before -.
struct SignedUnit {
  int64_t unit = 0;
  Sign sign = Sign::kPositive;
  bool operator==(const SignedUnit&) const = default;
  std::strong_ordering operator<=>(const SignedUnit& other) const {
    if (const auto order = unit <=> other.unit; order != 0) return order;
    return static_cast<int>(other.sign) <=> static_cast<int>(sign);
  }
};
struct UnitRef {
  std::string layer;
  SignedUnit of;
  auto operator<=>(const UnitRef&) const = default;
};

}  // namespace microtome
