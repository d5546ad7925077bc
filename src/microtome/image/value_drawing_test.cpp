// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/value_drawing.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace microtome {
namespace {

bool is(const Image& image, int x, int y, std::array<uint8_t, 3> colour) {
  return std::equal(colour.begin(), colour.end(), image.at(x, y));
}

constexpr std::array<uint8_t, 3> kBlue = {44, 111, 187}, kRed = {209, 73, 91}, kWhite = {255, 255, 255};

TEST(ValueDrawing, MapsLieSideBySide) {
  std::vector<float> values(5 * 2 * 3, 0);
  values[0] = 1;                                   // channel 0, upper left
  values[4 * 6 + 5] = 0.5F;                        // channel 4, lower right
  const Image image = draw_maps(values, 5, 2, 3);  // three columns, two rows
  EXPECT_EQ(image.width, 3 * 3 + 4 * 2);
  EXPECT_EQ(image.height, 2 * 2 + 3 * 2);
  EXPECT_TRUE(is(image, 2, 2, kWhite));
  EXPECT_TRUE(is(image, 3, 2, {0, 0, 0}));
  EXPECT_TRUE(is(image, 2 + 5 + 2, 6 + 1, {128, 128, 128}));
  EXPECT_TRUE(is(image, 2 + 10, 6, kBlue));  // there is no sixth
}

TEST(ValueDrawing, LinesRiseFromZeroBelowToOneAbove) {
  std::vector<float> values(2 * 256, 0);
  std::fill(values.begin() + 256, values.end(), 1.F);
  const Image image = draw_lines(values, 2, 256);
  EXPECT_TRUE(is(image, 100, 255, kBlue));
  EXPECT_TRUE(is(image, 100, 0, kRed));
  EXPECT_TRUE(is(image, 100, 60, kWhite));
}

TEST(ValueDrawing, ManyChannelsAreStrips) {
  std::vector<float> values(8 * 4, 0);
  values[3 * 4 + 2] = 1;
  const Image image = draw_lines(values, 8, 4);
  EXPECT_TRUE(is(image, 128, 96, kWhite));  // strip 3 of 32 rows, value 2 of 64 columns
  EXPECT_TRUE(is(image, 191, 127, kWhite));
  EXPECT_TRUE(is(image, 192, 127, {0, 0, 0}));
  EXPECT_TRUE(is(image, 128, 128, {0, 0, 0}));
}

TEST(ValueDrawing, BarsGoFromTheMiddle) {
  const Image image = draw_bars(std::vector<float>{1, 0, 0.5F, 0.75F});
  EXPECT_TRUE(is(image, 10, 5, kBlue));
  EXPECT_TRUE(is(image, 10, 200, kWhite));
  EXPECT_TRUE(is(image, 70, 200, kRed));
  EXPECT_TRUE(is(image, 70, 5, kWhite));
  EXPECT_TRUE(is(image, 140, 100, kWhite));
  EXPECT_TRUE(is(image, 200, 100, kBlue));
  EXPECT_TRUE(is(image, 200, 40, kWhite));
}

TEST(ValueDrawing, MoreValuesThanPixelsAreDrawn) {
  EXPECT_EQ(draw_lines(std::vector<float>(3000, 0.2F), 1, 3000).width, 2048);
  EXPECT_EQ(draw_bars(std::vector<float>(3000, 0.2F)).width, 2048);
  EXPECT_EQ(draw_lines(std::vector<float>(300 * 3, 0.2F), 300, 3).height, 300);
}

}  // namespace
}  // namespace microtome
