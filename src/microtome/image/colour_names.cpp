// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/colour_names.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace microtome {
namespace {

enum Name { kBlack, kBlue, kBrown, kGrey, kGreen, kOrange, kPink, kPurple, kRed, kWhite, kYellow };

// A box of hue (degrees), lightness and chroma; bounds are inclusive below and exclusive above.
struct Region {
  Name name;
  double hue_from, hue_to;
  double lightness_from, lightness_to;
  double chroma_from, chroma_to;
};

constexpr double kAny = std::numeric_limits<double>::infinity();

// The first region that holds the colour names it; the last ones leave nothing over. Hue 0 is crimson, 40 red, 73
// orange, 103 yellow, 136 green, 196 cyan, 306 blue, 328 magenta.
constexpr Region kRegions[] = {
    // Too dark or too pale to have a hue.
    {kBlack, 0, 360, 0, 10, 0, 40},
    {kBlack, 0, 360, 0, 26, 0, 14},
    {kGrey, 0, 360, 0, 81, 0, 9},
    {kWhite, 0, 360, 81, 90, 0, 10},
    {kWhite, 0, 360, 90, kAny, 0, 14},
    // Bluish greys are called grey sooner than warm ones, which are called brown.
    {kGrey, 120, 320, 0, 75, 0, 11},
    // Crimson to red: light ones are pink, dull ones brown.
    {kRed, 0, 15, 0, 50, 0, kAny},
    {kPink, 0, 15, 50, kAny, 0, kAny},
    {kPink, 15, 44, 62, kAny, 0, 62},
    {kBrown, 15, 44, 0, 62, 0, 38},
    {kRed, 15, 44, 0, kAny, 0, kAny},
    // Orange and what it becomes when dark or dull.
    {kOrange, 44, 82, 52, kAny, 52, kAny},
    {kOrange, 50, 82, 78, kAny, 30, kAny},
    {kPink, 44, 82, 78, kAny, 0, 52},
    {kBrown, 44, 82, 0, kAny, 0, kAny},
    {kYellow, 82, 115, 66, kAny, 26, kAny},
    {kWhite, 82, 115, 84, kAny, 0, 26},
    {kBrown, 82, 98, 0, kAny, 0, kAny},
    {kGreen, 98, 186, 0, kAny, 0, kAny},
    {kBlue, 186, 300, 0, kAny, 0, kAny},
    // The bluest blue of a screen leans to purple, and so does its dark navy.
    {kBlue, 300, 308, 0, kAny, 85, kAny},
    {kBlue, 300, 308, 0, 25, 40, kAny},
    {kPink, 320, 360, 58, kAny, 0, kAny},
    {kPink, 345, 360, 46, kAny, 0, kAny},
    {kPurple, 300, 350, 0, kAny, 0, kAny},
    {kRed, 350, 360, 0, kAny, 0, kAny},
};

bool holds(const Region& region, double hue, double lightness, double chroma) {
  return hue >= region.hue_from && hue < region.hue_to && lightness >= region.lightness_from &&
         lightness < region.lightness_to && chroma >= region.chroma_from && chroma < region.chroma_to;
}

// IEC 61966-2-1.
double linear_light(double value) {
  const double v = value / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

// CIE 15: the cube root with its straight foot.
double lab_curve(double t) {
  constexpr double kFoot = 6.0 / 29.0;
  return t > kFoot * kFoot * kFoot ? std::cbrt(t) : t / (3 * kFoot * kFoot) + 4.0 / 29.0;
}

std::vector<uint8_t> make_table() {
  std::vector<uint8_t> table;
  for (int r = 0; r < 32; ++r) {
    for (int g = 0; g < 32; ++g) {
      for (int b = 0; b < 32; ++b) {
        table.push_back(static_cast<uint8_t>(colour_name_of(lab_from_srgb(8 * r + 4, 8 * g + 4, 8 * b + 4))));
      }
    }
  }
  return table;
}

}  // namespace

Lab lab_from_srgb(double red, double green, double blue) {
  const double r = linear_light(red), g = linear_light(green), b = linear_light(blue);
  // Each row of the sRGB matrix is divided by the white point, so that white has a = b = 0.
  const double x = lab_curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const double y = lab_curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const double z = lab_curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0890);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

int colour_name_of(const Lab& colour) {
  const double chroma = std::hypot(colour.a, colour.b);
  double hue = std::atan2(colour.b, colour.a) * 180 / std::numbers::pi;
  if (hue < 0) hue += 360;
  if (hue >= 360) hue = 0;  // A tiny negative angle rounds up to the full turn.
  for (const Region& region : kRegions) {
    if (holds(region, hue, colour.lightness, chroma)) return region.name;
  }
  return kGrey;
}

int colour_name(uint8_t red, uint8_t green, uint8_t blue) {
  static const std::vector<uint8_t> table = make_table();
  return table[static_cast<size_t>(red >> 3) << 10 | static_cast<size_t>(green >> 3) << 5 |
               static_cast<size_t>(blue >> 3)];
}

}  // namespace microtome
