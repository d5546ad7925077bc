// SPDX-License-Identifier: Apache-2.0
// Levels, groups, and effects that are known in closed form.
#include "microtome/explain/ablation.h"

#include <set>

#include "microtome/base/error.h"
#include "microtome/explain/explain_testing.h"

namespace microtome {
namespace {

using testing::network_of;
using testing::normal;
using testing::some_pixels;

TEST(Ablation, SetsChannelsAndLeavesTheValue) {
  const at::Tensor value = normal({1, 4, 3, 3}, 1);
  const at::Tensor before = value.clone();
  const std::vector<float> levels = {0, 1.5f, 2, -1};
  const std::vector<int64_t> channels = {1, 3};
  const at::Tensor changed = with_channels(value, channels, levels);
  EXPECT_TRUE(at::equal(value, before));
  EXPECT_TRUE(at::equal(changed[0][1], at::full({3, 3}, 1.5f)));
  EXPECT_TRUE(at::equal(changed[0][3], at::full({3, 3}, -1.0f)));
  EXPECT_TRUE(at::equal(changed[0][0], value[0][0]));
}

TEST(Ablation, LevelsAreThoseOfAllImages) {
  ChannelLevels levels(201);
  at::Tensor sum = at::zeros({2});
  std::vector<float> maxima;
  for (uint64_t seed = 0; seed < 201; ++seed) {
    const at::Tensor value = normal({1, 2, 4, 5}, seed);
    levels.add(seed, value);
    sum += value.mean({0, 2, 3});
    maxima.push_back(value[0][1].max().item<float>());
  }
  EXPECT_NEAR(levels.means()[0], sum[0].item<float>() / 201, 1e-5);
  std::sort(maxima.begin(), maxima.end());
  EXPECT_EQ(levels.high()[1], maxima[198]);
}

TEST(Ablation, RandomGroupsAreOfTheOthers) {
  const std::vector<int64_t> excluded = {2, 5, 6};
  const auto groups = random_groups(9, excluded, 3, 50, 4);
  std::set<std::vector<int64_t>> different;
  for (const std::vector<int64_t>& group : groups) {
    EXPECT_EQ(std::set<int64_t>(group.begin(), group.end()).size(), 3u);
    for (const int64_t unit : group) EXPECT_TRUE(unit >= 0 && unit < 9 && unit != 2 && unit != 5 && unit != 6);
    different.insert(group);
  }
  EXPECT_GT(different.size(), 10u);
  EXPECT_EQ(groups, random_groups(9, excluded, 3, 50, 4));
  EXPECT_THROW(random_groups(3, excluded, 3, 1, 0), Error);
}

// "wolf" = 3 snow + 0.5 snout - 0.25, both positive: without snow it loses three times its mean.
TEST(Ablation, OfAPlantedChainIsItsWeight) {
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 2, 4, 4});
  const ValueIndex parts = b.relu("parts", b.conv("see", x, at::eye(2).view({2, 2, 1, 1}), {}));
  const at::Tensor weight = at::tensor({3.0f, 0.5f}).view({1, 2, 1, 1});
  const ValueIndex wolf = b.conv("join", parts, weight, at::full({1}, -0.25f));
  const Network network = network_of(b, {b.flatten("wolf", b.global_average_pool("mean", wolf))});
  const Behind behind(network, "parts", {"wolf"});
  const at::Tensor pixels = some_pixels(2, 4, 3);
  const Moment moment = behind.look(pixels);
  const auto loss = [&](int64_t channel, float level) {
    const std::vector<float> levels(2, level);
    const at::Tensor without = behind.run(moment, with_channels(moment.value, {&channel, 1}, levels))[0];
    return (behind.run(moment, moment.value)[0] - without).item<double>();
  };
  EXPECT_NEAR(loss(0, 0), 3 * pixels[0][0].mean().item<double>(), 1e-5);
  EXPECT_NEAR(loss(1, 0), 0.5 * pixels[0][1].mean().item<double>(), 1e-5);
  EXPECT_NEAR(loss(0, 0.25), 3 * (pixels[0][0].mean().item<double>() - 0.25), 1e-5);
}

}  // namespace
}  // namespace microtome
