// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/colour_names.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

namespace microtome {
namespace {

struct Known {
  const char* name;
  int red, green, blue;
};

// Colours that nobody calls otherwise, at and off the corners of the cube.
constexpr Known kKnown[] = {
    {"black", 0, 0, 0},      {"black", 20, 20, 20},    {"white", 255, 255, 255},  {"white", 240, 240, 240},
    {"grey", 128, 128, 128}, {"grey", 80, 80, 80},     {"grey", 180, 180, 180},   {"grey", 112, 128, 144},
    {"red", 255, 0, 0},      {"red", 200, 20, 20},     {"red", 220, 20, 60},      {"green", 0, 255, 0},
    {"green", 0, 100, 0},    {"green", 34, 139, 34},   {"green", 128, 128, 0},    {"blue", 0, 0, 255},
    {"blue", 0, 0, 128},     {"blue", 65, 105, 225},   {"blue", 135, 206, 235},   {"blue", 70, 130, 180},
    {"yellow", 255, 255, 0}, {"yellow", 255, 215, 0},  {"yellow", 240, 230, 140}, {"orange", 255, 165, 0},
    {"orange", 255, 140, 0}, {"orange", 230, 120, 20}, {"brown", 139, 69, 19},    {"brown", 101, 67, 33},
    {"brown", 160, 120, 80}, {"pink", 255, 192, 203},  {"pink", 255, 105, 180},   {"pink", 255, 20, 147},
    {"purple", 128, 0, 128}, {"purple", 75, 0, 130},   {"purple", 147, 112, 219}, {"purple", 100, 40, 140},
};

TEST(ColourNames, CallsPlainColoursByTheirNames) {
  for (const Known& known : kKnown) {
    const int name = colour_name(static_cast<uint8_t>(known.red), static_cast<uint8_t>(known.green),
                                 static_cast<uint8_t>(known.blue));
    EXPECT_EQ(kColourNames[static_cast<size_t>(name)], known.name)
        << known.red << "," << known.green << "," << known.blue;
  }
}

TEST(ColourNames, LabAgreesWithPublishedValues) {
  // Lindbloom's calculator, sRGB under D65, rounded.
  const auto expect = [](const Lab& got, double lightness, double a, double b) {
    EXPECT_NEAR(got.lightness, lightness, 0.05);
    EXPECT_NEAR(got.a, a, 0.1);
    EXPECT_NEAR(got.b, b, 0.1);
  };
  expect(lab_from_srgb(255, 0, 0), 53.24, 80.09, 67.20);
  expect(lab_from_srgb(0, 255, 0), 87.73, -86.18, 83.18);
  expect(lab_from_srgb(0, 0, 255), 32.30, 79.19, -107.86);
  EXPECT_NEAR(lab_from_srgb(255, 255, 255).lightness, 100, 1e-9);
  EXPECT_NEAR(lab_from_srgb(77, 77, 77).a, 0, 1e-9);
}

// The mathematical library may differ in the last bit from machine to machine; the names may not.
TEST(ColourNames, NoBinCentreLiesNearABound) {
  std::set<int> seen;
  for (int bin = 0; bin < 32 * 32 * 32; ++bin) {
    const int r = 8 * (bin >> 10) + 4, g = 8 * (bin >> 5 & 31) + 4, b = 8 * (bin & 31) + 4;
    const Lab lab = lab_from_srgb(r, g, b);
    const int name = colour_name_of(lab);
    EXPECT_EQ(name, colour_name(static_cast<uint8_t>(r - 4), static_cast<uint8_t>(g + 3), static_cast<uint8_t>(b)));
    for (const double step : {-1e-9, 1e-9}) {
      ASSERT_EQ(name, colour_name_of({lab.lightness + step, lab.a, lab.b}));
      ASSERT_EQ(name, colour_name_of({lab.lightness, lab.a + step, lab.b}));
      ASSERT_EQ(name, colour_name_of({lab.lightness, lab.a, lab.b + step}));
    }
    seen.insert(name);
  }
  EXPECT_EQ(seen.size(), kColourNames.size());
}

// Were a colour to fall through every region it would be grey, whatever its chroma.
TEST(ColourNames, OnlyDullColoursAreGrey) {
  for (double hue = 0; hue < 6.28; hue += 0.01) {
    for (double lightness = 0; lightness <= 100; lightness += 1) {
      EXPECT_NE(kColourNames[static_cast<size_t>(colour_name_of({lightness, 12 * std::cos(hue), 12 * std::sin(hue)}))],
                "grey");
    }
  }
}

}  // namespace
}  // namespace microtome
