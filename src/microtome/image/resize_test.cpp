// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/resize.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/image/compose.h"

namespace microtome {
namespace {

Image noise(int width, int height, int channels, uint64_t seed) {
  Image image(width, height, channels);
  Rng rng(seed, "noise");
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(rng.below(256));
  return image;
}

// The definition, in floating point, unrounded and without cutting windows: every source pixel weighs by its triangle.
double triangle_mean(const std::vector<int>& line, int target_index, int target) {
  const double scale = static_cast<double>(line.size()) / target, reach = std::max(1.0, scale);
  double sum = 0, weights = 0;
  for (size_t k = 0; k < line.size(); ++k) {
    const double distance = std::abs((static_cast<double>(k) + 0.5) - (target_index + 0.5) * scale);
    const double weight = std::max(0.0, 1 - distance / reach);
    sum += weight * line[k];
    weights += weight;
  }
  return sum / weights;
}

// Half a step of rounding, and 22-bit weights over at most 80 pixels.
constexpr double kRounding = 0.5 + 80 * 255.0 / (1 << 23);

TEST(Resize, BilinearIsTheTriangleFilterAlongEachAxis) {
  EXPECT_TRUE(rc::check("one axis", [] {
    const Image image = noise(*rc::gen::inRange(1, 40), *rc::gen::inRange(1, 40), *rc::gen::element(1, 3, 4),
                              *rc::gen::arbitrary<uint64_t>());
    const int side = *rc::gen::inRange(1, 60), c = *rc::gen::inRange(0, image.channels);
    const Image wide = resize_bilinear(image, side, image.height), tall = resize_bilinear(image, image.width, side);
    for (int y = 0; y < image.height; ++y) {
      std::vector<int> line;
      for (int x = 0; x < image.width; ++x) line.push_back(image.at(x, y)[c]);
      for (int i = 0; i < side; ++i) RC_ASSERT(std::abs(wide.at(i, y)[c] - triangle_mean(line, i, side)) <= kRounding);
    }
    for (int x = 0; x < image.width; ++x) {
      std::vector<int> line;
      for (int y = 0; y < image.height; ++y) line.push_back(image.at(x, y)[c]);
      for (int i = 0; i < side; ++i) RC_ASSERT(std::abs(tall.at(x, i)[c] - triangle_mean(line, i, side)) <= kRounding);
    }
  }));
}

TEST(Resize, BilinearScalesRowsFirst) {
  const Image image = noise(33, 21, 3, 4);
  for (const auto& [width, height] : {std::pair(10, 50), std::pair(64, 9), std::pair(7, 7), std::pair(90, 80)}) {
    const Image rows_first = resize_bilinear(resize_bilinear(image, width, 21), width, height);
    EXPECT_EQ(resize_bilinear(image, width, height), rows_first);
  }
}

TEST(Resize, KeepsFlatPicturesAndSizesThatFit) {
  for (const int side : {1, 3, 64, 200}) {
    EXPECT_EQ(resize_bilinear(Image(57, 31, 3, 201), side, side), Image(side, side, 3, 201));
  }
  const Image image = noise(20, 30, 3, 1);
  EXPECT_EQ(resize_bilinear(image, 20, 30), image);
  EXPECT_EQ(resize_nearest(image, 20, 30), image);
  EXPECT_THROW(resize_bilinear(image, 0, 5), Error);
  EXPECT_THROW(resize_nearest(Image(), 5, 5), Error);
}

TEST(Resize, HalvingAveragesFourTapsOfTheTriangle) {
  Image line(8, 1, 1);
  for (int x = 0; x < 8; ++x) *line.at(x, 0) = static_cast<uint8_t>(x * x * 4);
  const Image half = resize_bilinear(line, 4, 1);
  // Weights 1/8, 3/8, 3/8, 1/8 over pixels 1..4: (4 + 3*16 + 3*36 + 64) / 8 = 28.
  EXPECT_EQ(*half.at(1, 0), 28);
}

TEST(Resize, NearestTakesTheCentre) {
  Image line(5, 1, 1);
  for (int x = 0; x < 5; ++x) *line.at(x, 0) = static_cast<uint8_t>(x);
  for (const int width : {1, 2, 3, 4, 7, 11}) {
    const Image out = resize_nearest(line, width, 1);
    for (int i = 0; i < width; ++i) EXPECT_EQ(*out.at(i, 0), static_cast<int>(std::floor((i + 0.5) * 5 / width)));
  }
}

TEST(Resize, ShortSideKeepsTheAspect) {
  const Image wide = resize_short_side(Image(640, 427), 256);
  EXPECT_EQ(wide.height, 256);
  EXPECT_EQ(wide.width, 383);  // 256 * 640 / 427 = 383.7
  const Image tall = resize_short_side(Image(100, 333), 50);
  EXPECT_EQ(tall.width, 50);
  EXPECT_EQ(tall.height, 166);
}

TEST(Resize, CropsTheCentreAsTorchvision) {
  Image image(7, 6, 1);
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 7; ++x) *image.at(x, y) = static_cast<uint8_t>(10 * y + x);
  }
  EXPECT_EQ(*crop_center(image, 4).at(0, 0), 12);  // round(1.5) = 2 to the right, 1 down.
  EXPECT_EQ(*crop_center(image, 6).at(0, 0), 0);   // round(0.5) = 0.
  EXPECT_EQ(*crop_center(image, 5).at(0, 0), 1);   // 1 to the right, round(0.5) = 0 down.
  EXPECT_THROW(crop_center(image, 7), Error);
}

TEST(ContactSheet, PutsTilesInRows) {
  const std::vector<Image> tiles = {Image(8, 8, 3, 10), Image(4, 9, 1, 20), Image(8, 8, 4, 0)};
  const Image sheet = contact_sheet(tiles, 2, 8, 3, 99);
  EXPECT_EQ(sheet.width, 3 + 8 + 3 + 8 + 3);
  EXPECT_EQ(sheet.height, 25);
  EXPECT_EQ(*sheet.at(0, 0), 99);
  EXPECT_EQ(*sheet.at(3, 3), 10);
  EXPECT_EQ(*sheet.at(11, 3), 99);
  EXPECT_EQ(*sheet.at(14, 10), 20);
  EXPECT_EQ(*sheet.at(3, 14), 255);  // Transparent on white.
  EXPECT_EQ(*sheet.at(14, 14), 99);  // No tile here.
  EXPECT_EQ(contact_sheet({}, 3, 8).height, 4);
}

TEST(DrawMask, DarkensWhatIsOffAndKeepsPlateausOff) {
  const Image image(8, 8, 3, 100);
  const Image off = draw_mask(image, std::vector<float>(64, 0.3f), 0.3f);
  EXPECT_EQ(off, Image(8, 8, 3, 20));
  const Image on = draw_mask(image, std::vector<float>(64, 0.5f), 0.3f);
  EXPECT_EQ(on, image);
  // On from the fifth column.
  std::vector<float> level(64);
  for (size_t i = 0; i < 64; ++i) level[i] = i % 8 < 4 ? 0.5f : 0.6f;
  const Image half = draw_mask(image, level, 0.5f);
  EXPECT_EQ(*half.at(3, 4), 20);
  EXPECT_EQ(rc::toString(std::vector<int>(half.at(4, 4), half.at(4, 4) + 3)), "[255, 220, 50]");
  EXPECT_EQ(*half.at(5, 4), 100);
  EXPECT_THROW(draw_mask(image, std::vector<float>(63), 0), Error);
}

// By the definition of a rim, on a picture with a level a pixel.
TEST(Compose, AnOutlineIsTheRimAndNothingElse) {
  EXPECT_TRUE(rc::check("rim", [] {
    const int width = *rc::gen::inRange(1, 12), height = *rc::gen::inRange(1, 12);
    const Image image = noise(width, height, 3, *rc::gen::arbitrary<uint64_t>());
    Rng rng(*rc::gen::arbitrary<uint64_t>(), "map");
    std::vector<float> map(static_cast<size_t>(width * height));
    for (float& value : map) value = rng.chance(0.5) ? 1.0f : 0.0f;
    const Image out = draw_outline(image, map, 0.5f);
    const auto on = [&](int x, int y) { return map[static_cast<size_t>(y * width + x)] > 0.5f; };
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        bool rim = false;
        for (const auto& [dx, dy] : {std::pair(-1, 0), std::pair(1, 0), std::pair(0, -1), std::pair(0, 1)}) {
          const int nx = x + dx, ny = y + dy;
          rim = rim || (nx >= 0 && ny >= 0 && nx < width && ny < height && on(nx, ny) != on(x, y));
        }
        const uint8_t *was = image.at(x, y), *is = out.at(x, y);
        for (int c = 0; c < 3; ++c) {
          RC_ASSERT(is[c] == (!rim       ? was[c]
                              : on(x, y) ? std::array{255, 220, 50}[static_cast<size_t>(c)]
                                         : (was[c] + 2) / 5));
        }
      }
    }
  }));
}

TEST(Resize, ACropIsThePartThatItNames) {
  const Image image = noise(9, 7, 3, 11);
  const Image part = crop(image, 2, 3, 5, 4);
  ASSERT_EQ(part.width, 5);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 5; ++x) EXPECT_TRUE(std::equal(part.at(x, y), part.at(x, y) + 3, image.at(2 + x, 3 + y)));
  }
  EXPECT_EQ(crop(image, 0, 0, 9, 7), image);
  for (const auto& [x, y, w, h] :
       {std::array{5, 0, 5, 1}, std::array{0, 7, 1, 1}, std::array{-1, 0, 2, 2}, std::array{0, 0, 0, 1}}) {
    EXPECT_THROW(crop(image, x, y, w, h), Error);
  }
}

TEST(DrawHeat, LeavesLowValuesAndColoursHighOnes) {
  const Image image(4, 4, 3, 100);
  EXPECT_EQ(draw_heat(image, std::vector<float>(16, -1), 0, 1), image);
  const Image hot = draw_heat(image, std::vector<float>(16, 5), 0, 1);
  EXPECT_GT(int{hot.at(0, 0)[0]}, 200);
  EXPECT_GT(int{hot.at(0, 0)[1]}, 200);
  EXPECT_THROW(draw_heat(image, std::vector<float>(16, 5), 1, 1), Error);
}

}  // namespace
}  // namespace microtome
