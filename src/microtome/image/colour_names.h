// SPDX-License-Identifier: Apache-2.0
// The eleven basic colour terms (Berlin and Kay, "Basic Color Terms", 1969) of pixels.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace microtome {

// In Broden's order; its label of a colour is the index here + 1.
inline constexpr std::array<std::string_view, 11> kColourNames = {
    "black", "blue", "brown", "grey", "green", "orange", "pink", "purple", "red", "white", "yellow"};

// CIE 1976 L*a*b* under D65: lightness 0..100, and the two opponent axes (green-red, blue-yellow).
struct Lab {
  double lightness = 0, a = 0, b = 0;
};
Lab lab_from_srgb(double red, double green, double blue);  // Each 0..255.

// Index into kColourNames. The plane is cut by hand into hue sectors, each with its own bounds of lightness and chroma;
// this is our rule and not the learned table that coloured the published Broden, which it follows in spirit.
int colour_name_of(const Lab& colour);

// The name of the centre of the pixel's 8 x 8 x 8 bin: one look-up. The table (32 x 32 x 32) is made at first use; no
// bin centre lies near a bound (colour_names_test), so it is the same on every machine.
int colour_name(uint8_t red, uint8_t green, uint8_t blue);

}  // namespace microtome
