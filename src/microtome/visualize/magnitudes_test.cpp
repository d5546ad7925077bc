// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/magnitudes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::noise;
using testing::npy_file;

// c / frequency, [1,n,n/2+1].
at::Tensor pink(int64_t height, int64_t width, double c, double mean) {
  const at::Tensor fy = at::fft_fftfreq(height, 1.0, at::TensorOptions(at::kDouble)).view({-1, 1});
  const at::Tensor fx = at::fft_rfftfreq(width, 1.0, at::TensorOptions(at::kDouble)).view({1, -1});
  at::Tensor out = c / (fy * fy + fx * fx).sqrt();
  out[0][0] = mean;
  return out.unsqueeze(0).to(at::kFloat);
}

TEST(Colour, ComesFromTheCovarianceOfPictures) {
  const at::Tensor unit = at::eye(3).view({1, 3, 3, 1});  // one pixel a column
  const at::Tensor logits = at::logit(Colour("lucid", 3).picture(unit.contiguous())).view({3, 3});
  const at::Tensor expected =
      at::tensor({0.562829, 0.194825, 0.043295, 0.584476, 0.0, -0.108236, 0.584476, -0.194825, 0.064942})
          .view({3, 3})
          .to(at::kFloat);
  EXPECT_TRUE(at::allclose(logits, expected, 0, 2e-5));
}

TEST(Colour, IsUndone) {
  const at::Tensor matrix = at::eye(4) + 0.2 * noise({4, 4}, 1);
  for (const auto& [text, channels] : std::vector<std::pair<std::string, int64_t>>{
           {"lucid", 3}, {"lucid", 1}, {"lucid", 5}, {"none", 3}, {npy_file(matrix, "matrix"), 4}}) {
    const Colour colour(text, channels);
    const at::Tensor channels_in = noise({2, channels, 3, 4}, 2);
    EXPECT_TRUE(at::allclose(colour.decorrelated(colour.picture(channels_in)), channels_in, 1e-3, 1e-4)) << text;
  }
  const Colour own(npy_file(matrix, "matrix"), 4);
  const at::Tensor pixel = noise({1, 4, 1, 1}, 3);
  EXPECT_TRUE(at::allclose(at::logit(own.picture(pixel)).flatten(), at::mv(matrix, pixel.flatten()), 1e-4, 1e-5));
  const Colour none("none", 3);
  EXPECT_TRUE(at::allclose(none.picture(at::zeros({1, 3, 2, 2})), at::full({1, 3, 2, 2}, 0.5)));
}

TEST(Colour, RefusesWhatIsNoMatrix) {
  const std::string file = npy_file(at::ones({3, 3}), "singular");
  EXPECT_THROW(Colour(file, 3), Error);
  EXPECT_THROW(Colour(file, 4), Error);
  EXPECT_THROW(Colour("lucd", 3), Error);
  EXPECT_THROW(parse_parametrization("pixel(colour=" + file + ")", {1, 3, 4, 4}), Error);
}

TEST(Magnitudes, OfAWaveAreItsAmplitude) {
  const at::Tensor x = at::arange(8, at::kDouble).view({1, 1, 1, -1}).expand({1, 1, 8, 8});
  const Colour none("none", 1);
  PictureStatistics statistics(8, none);
  for (const double amplitude : {1.0, 3.0}) {
    statistics.add(at::sigmoid(0.5 + amplitude * at::cos(x * (2 * M_PI * 2 / 8))));
  }
  at::Tensor expected = at::zeros({1, 8, 5});
  expected[0][0][0] = 0.5 * 64;
  expected[0][0][2] = 2.0 * 64 / 2;
  EXPECT_TRUE(at::allclose(statistics.magnitudes(), expected, 1e-5, 1e-4));
  EXPECT_EQ(statistics.count(), 2);
}

// Colours drawn with a known covariance: the columns are its axes.
TEST(Magnitudes, ColoursAreTheRootOfTheCovariance) {
  const at::Tensor axes = at::tensor({2.0, 2.0, 1.0, 2.0, -1.0, -2.0, 1.0, -2.0, 2.0}, at::kDouble).view({3, 3}) / 3;
  const at::Tensor root = axes * at::tensor({0.1, 0.03, 0.01}, at::kDouble);
  PictureStatistics statistics(64, Colour("none", 3));
  for (uint64_t i = 0; i < 20; ++i) {
    statistics.add(0.5 + at::mm(root.to(at::kFloat), noise({3, 64 * 64}, i)).view({1, 3, 64, 64}));
  }
  const at::Tensor expected = root / 0.1;
  EXPECT_TRUE(at::allclose(statistics.colours(), expected.to(at::kFloat), 0, 0.01));
  PictureStatistics grey(8, Colour("none", 3));
  grey.add(noise({1, 1, 8, 8}, 1, 0.1).expand({1, 3, 8, 8}) + 0.5);
  EXPECT_THROW(grey.colours(), Error);
}

TEST(Magnitudes, FollowTheFrequencyToOtherSizes) {
  const at::Tensor measured = pink(32, 32, 5, 700);
  EXPECT_TRUE(at::equal(resampled_magnitudes(measured, 32, 32), measured));
  for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{{64, 64}, {45, 30}, {16, 17}, {1, 9}}) {
    const double pixels = static_cast<double>(height * width);
    const at::Tensor expected = pink(height, width, 5 * std::sqrt(pixels) / 32, 700 * pixels / (32 * 32));
    EXPECT_TRUE(at::allclose(resampled_magnitudes(measured, height, width), expected, 1e-5, 0)) << height;
  }
}

TEST(Magnitudes, RefuseWhatIsNone) {
  EXPECT_THROW(read_magnitudes(npy_file(at::ones({3, 8, 8}), "shape"), 3), Error);
  EXPECT_THROW(read_magnitudes(npy_file(at::ones({1, 8, 5}), "channels"), 3), Error);
  EXPECT_THROW(read_magnitudes(npy_file(-at::ones({3, 8, 5}), "negative"), 3), Error);
  EXPECT_THROW(read_magnitudes(npy_file(at::full({3, 8, 5}, NAN), "nan"), 3), Error);
  EXPECT_THROW(parse_parametrization("maco(colour=none)", {1, 3, 8, 8}), Error);
  EXPECT_THROW(parse_parametrization("maco", {1, 4, 8, 8}), Error);
}

// The shipped ones fall as those of pictures do, brightness above the two oppositions, in every direction.
TEST(Magnitudes, OfDioramasAreSane) {
  const at::Tensor& shipped = diorama_magnitudes();
  EXPECT_EQ(shipped.sizes().vec(), (std::vector<int64_t>{3, 128, 65}));
  EXPECT_GT(shipped.min().item<float>(), 0);
  const auto mean_at = [&](int64_t channel, int64_t k) {
    return (shipped[channel][0][k] + shipped[channel][k][0] + shipped[channel][k][k]).item<double>() / 3;
  };
  for (int64_t channel = 0; channel < 3; ++channel) {
    const double slope = std::log(mean_at(channel, 2) / mean_at(channel, 32)) / std::log(16);
    EXPECT_GT(slope, 0.7) << channel;
    EXPECT_LT(slope, 2) << channel;
  }
}

}  // namespace
}  // namespace microtome
