// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/quality.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/base/rng.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::Chain;
using testing::noise;

// Noise whose amplitude falls as 1 / f^power has power that falls with twice that.
Image coloured_noise(double power, int side) {
  const at::Tensor fy = at::fft_fftfreq(side, 1.0, at::TensorOptions(at::kDouble)).view({-1, 1});
  const at::Tensor fx = at::fft_rfftfreq(side, 1.0, at::TensorOptions(at::kDouble)).view({1, -1});
  const at::Tensor f = (fx * fx + fy * fy).sqrt().clamp_min(1.0 / side);
  const at::Tensor spectrum =
      at::complex(noise({side, side / 2 + 1}, 1).to(at::kDouble), noise({side, side / 2 + 1}, 2).to(at::kDouble)) /
      f.pow(power);
  at::Tensor plane = at::fft_irfft2(spectrum, at::IntArrayRef{side, side});
  plane = 0.5 + 0.15 * (plane - plane.mean()) / plane.std();
  return to_image(plane.clamp(0, 1).view({1, 1, side, side}).to(at::kFloat));
}

TEST(Quality, SpectrumSlopeIsThatOfTheNoise) {
  for (const double power : {0., 0.5, 1.}) EXPECT_NEAR(spectrum_slope(coloured_noise(power, 128)), -2 * power, 0.15);
  EXPECT_TRUE(std::isnan(spectrum_slope(Image(64, 64, 3, 128))));
  EXPECT_TRUE(std::isnan(spectrum_slope(Image(8, 8, 3, 128))));
}

TEST(Quality, RanksAreShared) {
  const std::vector<float> a = {1, 2, 2, 5}, rising = {-3, 0, 1, 9}, falling = {4, 3, 2, 1}, flat = {1, 1, 1, 1};
  EXPECT_NEAR(rank_correlation(rising, falling), -1, 1e-12);
  EXPECT_NEAR(rank_correlation(rising, rising), 1, 1e-12);
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
  EXPECT_NEAR(rank_correlation(a, rising), 4.5 / std::sqrt(4.5 * 5), 1e-12);
  EXPECT_TRUE(std::isnan(rank_correlation(a, flat)));
  const std::vector<double> x = {1, 2, 3, 4}, tied = {1, 2, 2, 3}, down = {4, 3, 2, 1}, up = {10, 20, 30, 40};
  EXPECT_NEAR(rank_correlation(x, up), 1, 1e-12);
  EXPECT_NEAR(rank_correlation(x, down), -1, 1e-12);
  EXPECT_NEAR(rank_correlation(tied, x), 0.9486832980505138, 1e-9);
  EXPECT_TRUE(std::isnan(rank_correlation(std::vector<double>{1, 1}, std::vector<double>{1, 2})));
  EXPECT_EQ(rank_of(a, 3), 1);
  EXPECT_EQ(rank_of(a, 1), 2.5);
  EXPECT_EQ(rank_of(a, 0), 4);
}

TEST(Quality, APathIsThatOfThePicturesItself) {
  const Network network = Chain({-1, 3, 16, 16})
                              .conv("conv1", noise({8, 3, 3, 3}, 1), noise({8}, 2))
                              .relu("relu1")
                              .conv("conv2", noise({6, 8, 3, 3}, 3), noise({6}, 4))
                              .relu("relu2")
                              .conv("conv3", noise({5, 6, 3, 3}, 3), noise({5}, 4))
                              .network();
  EXPECT_EQ(path_to(network, "conv3", 8), (std::vector<std::string>{"relu1", "relu2", "conv3"}));
  EXPECT_EQ(path_to(network, "conv3", 2), (std::vector<std::string>{"relu1", "conv3"}));
  EXPECT_EQ(path_to(network, "relu1", 8), (std::vector<std::string>{"relu1"}));
  const Onlooker onlooker(network, {}, path_to(network, "conv3", 8));
  const Image image = coloured_noise(1, 16);
  Image colour(16, 16, 3);
  for (int i = 0; i < 256; ++i) {
    for (size_t c = 0; c < 3; ++c) colour.pixels[static_cast<size_t>(i) * 3 + c] = image.pixels[static_cast<size_t>(i)];
  }
  const auto seen = onlooker.look(colour);
  ASSERT_EQ(seen.size(), 3u);
  // The means of the first layer, from its definition.
  const auto executor = make_executor(network, {"relu1"});
  const at::Tensor means = executor->run(from_image(colour))[0].mean({2, 3})[0];
  for (int64_t c = 0; c < 8; ++c) EXPECT_NEAR(seen[0][static_cast<size_t>(c)], means[c].item<float>(), 1e-5);
  const PathSimilarity same = path_similarity(seen, std::span(&seen, 1));
  EXPECT_NEAR(same.mean, 1, 1e-12);
  EXPECT_EQ(same.by_layer.size(), 3u);
}

TEST(Quality, LikenessIsAShareOfPairs) {
  using Features = std::vector<std::vector<float>>;
  const Features picture = {{1, 0}};
  const std::vector<Features> own = {{{1, 0.1f}}, {{0.5f, 1}}}, others = {{{1, 1}}, {{0, 1}}, {{0.5f, 1}}};
  EXPECT_NEAR(likeness(picture, own, others), (3 + 1 + 0.5) / 6, 1e-12);
  EXPECT_TRUE(std::isnan(likeness(picture, own, {})));
}

TEST(Quality, DiversityIsZeroForOneTexture) {
  const at::Tensor map = noise({5, 6, 6}, 1);
  const std::vector<at::Tensor> same = {map, map.roll({2, 3}, {1, 2})};
  EXPECT_NEAR(diversity_of(same), 0, 1e-6);
  at::Tensor a = at::zeros({2, 1, 1}), b = at::zeros({2, 1, 1});
  a[0] = 1, b[1] = 1;
  EXPECT_NEAR(diversity_of(std::vector<at::Tensor>{a, b}), 1, 1e-12);
  EXPECT_TRUE(std::isnan(diversity_of(std::span(&map, 1))));
}

}  // namespace
}  // namespace microtome
