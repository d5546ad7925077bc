// SPDX-License-Identifier: Apache-2.0
// Blur, noise and colour: what transforms do to the values of a picture.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/visualize/transform_testing.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::applied;
using testing::draw_of;
using testing::draws_of;
using testing::kSide;
using testing::noise;
using testing::seen;

// A point becomes the Gaussian; its second moment is the variance (of the cut one, summed by hand).
TEST(Blur, MakesAPointAGaussian) {
  at::Tensor point = at::zeros({1, 1, 41, 41}, at::kDouble);
  point[0][0][20][20] = 1;
  const at::Tensor spread = seen(point, "blur(low=2,high=2)")[0][0];
  EXPECT_NEAR(spread.sum().item<double>(), 1, 1e-12);
  double sum = 0;
  for (int k = -6; k <= 6; ++k) sum += std::exp(-k * k / 8.);
  for (int64_t y = 0; y < 41; ++y) {
    for (int64_t x = 0; x < 41; ++x) {
      const double dx = static_cast<double>(x - 20), dy = static_cast<double>(y - 20);
      const bool inside = std::max(std::abs(dx), std::abs(dy)) <= 6;
      const double expected = inside ? std::exp(-(dx * dx + dy * dy) / 8) / (sum * sum) : 0;
      EXPECT_NEAR(spread[y][x].item<double>(), expected, 1e-12);
    }
  }
}

TEST(Blur, VariancesAdd) {
  for (uint64_t step = 0; step < 50; ++step) {
    const double sd = std::sqrt(draw_of("blur(low=3,high=3)/blur(low=1,high=4)", step).retouch.blur_variance);
    EXPECT_GE(sd, std::sqrt(10.));
    EXPECT_LE(sd, 5);
  }
  EXPECT_DOUBLE_EQ(draw_of("blur(low=3,high=3)/blur(low=4,high=4)").retouch.blur_variance, 25);
}

TEST(Blur, KeepsWhatIsEvenAndRepeatsTheEdge) {
  const at::Tensor even = at::full({1, 3, 16, 16}, 0.3, at::kDouble);
  EXPECT_TRUE(at::allclose(seen(even, "blur(low=2,high=2)"), even, 0, 1e-12));
  at::Tensor edge = at::zeros({1, 1, 16, 16}, at::kDouble);
  edge[0][0][8].fill_(1);  // a line that runs out of the picture
  EXPECT_TRUE(at::allclose(seen(edge, "blur(low=1,high=1)").std(3), at::zeros({1, 1, 16}, at::kDouble), 0, 1e-12));
}

// A network of twice the picture's size sees the same blur in twice as many pixels.
TEST(Blur, IsOfThePicturesSize) {
  const Draw blur = draw_of("blur(low=2,high=2)");
  const at::Tensor columns = at::arange(80, at::kDouble).view({1, -1}).expand({80, 80});
  at::Tensor wide = at::zeros({1, 1, 40, 40}, at::kDouble);
  wide[0][0][20][20] = 1;
  const at::Tensor plain = applied(wide, Draw{}, 80, 80)[0][0], blurred = applied(wide, blur, 80, 80)[0][0];
  const auto variance = [&](const at::Tensor& weights) {
    const at::Tensor share = weights / weights.sum();
    const double mean = (share * columns).sum().item<double>();
    return (share * (columns - mean).square()).sum().item<double>();
  };
  EXPECT_NEAR(variance(blurred) - variance(plain), 16, 0.6);  // less the tails beyond 3 deviations
}

TEST(Noise, HasTheDeviationAskedFor) {
  const at::Tensor flat = at::full({1, 3, 64, 64}, 0.5);
  const at::Tensor normal = seen(flat, "noise(sd=0.2)") - flat;
  EXPECT_NEAR(normal.std().item<double>(), 0.2, 0.006);
  EXPECT_NEAR(normal.mean().item<double>(), 0, 0.008);
  EXPECT_NEAR((normal.abs() < 0.2).to(at::kFloat).mean().item<double>(), 0.6827, 0.02);
  const at::Tensor uniform = seen(flat, "noise(sd=0,uniform=0.3)") - flat;
  EXPECT_LE(uniform.abs().max().item<double>(), 0.3 + 1e-6);
  EXPECT_NEAR(uniform.std().item<double>(), 0.3 / std::sqrt(3.), 0.004);
  const at::Tensor both = seen(flat, "noise(sd=0.3)/noise(sd=0.4)") - flat;
  EXPECT_NEAR(both.std().item<double>(), 0.5, 0.015);
}

TEST(Noise, DiffersBetweenDrawsAndPlaces) {
  const at::Tensor flat = at::zeros({1, 3, 64, 64});
  const at::Tensor a = seen(flat, "noise(sd=1)", 0), b = seen(flat, "noise(sd=1)", 1);
  const auto correlation = [](const at::Tensor& x, const at::Tensor& y) { return (x * y).mean().item<double>(); };
  EXPECT_NEAR(correlation(a, b), 0, 0.04);
  EXPECT_NEAR(correlation(a.narrow(3, 0, 63), a.narrow(3, 1, 63)), 0, 0.04);
  EXPECT_NEAR(correlation(a.narrow(2, 0, 63), a.narrow(2, 1, 63)), 0, 0.04);
  EXPECT_NEAR(correlation(a.narrow(1, 0, 2), a.narrow(1, 1, 2)), 0, 0.04);
}

TEST(Colour, StaysInItsRange) {
  const at::Tensor grey = at::full({1, 3, 4, 4}, 0.25, at::kDouble);
  double low = 1, high = 0, sum = 0;
  for (uint64_t step = 0; step < 1000; ++step) {
    const at::Tensor window = seen(grey, "colour(brightness=0.2,contrast=0,saturation=0.9)", step);
    EXPECT_LT((window - window.mean()).abs().max().item<double>(), 1e-12);  // grey stays grey
    const double value = window.mean().item<double>();
    low = std::min(low, value), high = std::max(high, value), sum += value;
  }
  EXPECT_GE(low, 0.05 - 1e-12);
  EXPECT_LE(high, 0.45 + 1e-12);
  EXPECT_LT(low, 0.06);
  EXPECT_GT(high, 0.44);
  EXPECT_NEAR(sum / 1000, 0.25, 0.012);
}

// Contrast leaves middle grey, saturation each colour's own grey; a picture of one channel is the grey one.
TEST(Colour, ActsAsItsNamesSay) {
  const at::Tensor middle = at::full({1, 3, 2, 2}, 0.5, at::kDouble);
  const at::Tensor picture = noise({1, 3, 6, 6}, 2).to(at::kDouble);
  const at::Tensor luma = at::tensor({0.299, 0.587, 0.114}, at::kDouble).view({1, 3, 1, 1});
  for (uint64_t step = 0; step < 20; ++step) {
    EXPECT_TRUE(at::allclose(seen(middle, "colour(brightness=0,contrast=1)", step), middle, 0, 1e-12));
    const at::Tensor saturated = seen(picture, "colour(brightness=0,contrast=0,saturation=1)", step);
    EXPECT_TRUE(at::allclose((saturated * luma).sum(1), (picture * luma).sum(1), 0, 1e-12));
    const at::Tensor grey = picture.narrow(1, 0, 1), rgb = grey.expand({1, 3, 6, 6}).contiguous();
    EXPECT_TRUE(at::allclose(seen(grey, "colour", step), seen(rgb, "colour", step).narrow(1, 0, 1), 0, 1e-12));
  }
}

TEST(Colour, MapsComposeByTheirProduct) {
  const ColourMap a{{1, 2, 0, 0, 1, 3, 4, 0, 1}, {1, 0, 2}}, b{{0, 1, 0, 2, 0, 1, 1, 1, 1}, {0, 5, 0}};
  ColourMap both = a;
  both.then(b);
  const at::Tensor picture = noise({1, 3, 5, 5}, 3).to(at::kDouble);
  Draw first, second, together;
  first.retouch.colour = a, second.retouch.colour = b, together.retouch.colour = both;
  const at::Tensor one_by_one = applied(applied(picture, first, 5, 5), second, 5, 5);
  EXPECT_TRUE(at::allclose(applied(picture, together, 5, 5), one_by_one, 0, 1e-12));
}

// The order between groups is fixed: place, blur, colour, noise.
}  // namespace
}  // namespace microtome
