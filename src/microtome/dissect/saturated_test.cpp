// SPDX-License-Identifier: Apache-2.0
// Units that more than the tail of their activations find at their largest level.
#include <gtest/gtest.h>

#include <numeric>

#include "microtome/dissect/testing/random_problems.h"

namespace microtome {
namespace {

// A plateau of 6s in a 4 x 4 block of each of the last images, which is the concept; the first images are 6 all over
// for the first unit, so that its plateau is all it has for a while.
Layer saturated_layer(std::vector<ImageLabels>& labels) {
  constexpr int kSide = 8, kCells = kSide * kSide, kImages = 40, kFull = 3;
  Layer layer{{"clipped", 4, kSide, kSide, kImages, {}, {}}, {}};
  Rng rng(5, "saturated");
  for (int image = 0; image < kImages; ++image) {
    ImageLabels holds{kSide, kSide, {LabelMap(kSide, kSide)}, {}, false};
    std::vector<float> maps(4 * kCells, 3.0F);
    const auto left = static_cast<int>(rng.below(5)), top = static_cast<int>(rng.below(5));
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const bool inside = image < kFull || (x >= left && x < left + 4 && y >= top && y < top + 4);
        const auto i = static_cast<size_t>(y * kSide + x);
        holds.planes[0].at(x, y) = inside;
        maps[i] = inside ? 6.0F : static_cast<float>(rng.uniform(0, 5));
        maps[kCells + i] = inside ? 0.0F : -1.0F;       // a rectifier's floor, negated
        maps[3 * kCells + i] = i < 2 ? 7.0F : maps[i];  // the plateau is not its top
      }
    }
    labels.push_back(std::move(holds));
    layer.activations.push_back(std::move(maps));
  }
  return layer;
}

TEST(Dissect, AMaskOfASaturatedUnitIsWhereItIsAtItsTop) {
  std::vector<ImageLabels> labels;
  const Layer layer = saturated_layer(labels);
  const ListedConceptSet set(dense::index_of({"object"}, {{1, "block", 0, {0}}}), labels);
  std::vector<int64_t> images(labels.size());
  std::iota(images.begin(), images.end(), 0);
  SurveySettings survey;
  survey.tail = 0.1;
  TallySettings tally;
  tally.tails = {0.01};
  const auto units = dissect({layer}, images, set, survey, tally, 4, 1, true)[0].units;
  EXPECT_EQ(units[0].threshold, 6.0F);
  EXPECT_TRUE(saturates(units[0]));
  EXPECT_TRUE(is_on_at_threshold(units[0]));
  EXPECT_EQ(units[0].on_pixels, 3 * 64 + 37 * 16);
  EXPECT_EQ(units[0].best.iou, 1.0);
  EXPECT_EQ(units[0].tails[0].best.iou, 1.0);
  EXPECT_EQ(verdict(units[0]), Verdict::kDetector);
  for (const size_t silent : {1, 2}) {
    EXPECT_FALSE(saturates(units[silent])) << silent;
    EXPECT_EQ(verdict(units[silent]), Verdict::kSilent) << silent;
  }
  EXPECT_FALSE(saturates(units[3]));
  EXPECT_EQ(units[3].on_pixels, 2 * 40);
  tally.convention = &convention_named("compexp");
  const auto strict = dissect({layer}, images, set, survey, tally, 4, 1, false)[0].units;
  EXPECT_TRUE(saturates(strict[0]));
  EXPECT_FALSE(is_on_at_threshold(strict[0]));
  EXPECT_EQ(verdict(strict[0]), Verdict::kSilent);
}

}  // namespace
}  // namespace microtome
