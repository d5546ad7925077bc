// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/resample.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <numbers>

#include "microtome/base/rng.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::noise;

Placement random_placement(uint64_t seed, bool grey) {
  Rng rng(seed, "placements");
  Placement placement;
  placement.shift(rng.uniform(-5, 5), rng.uniform(-5, 5));
  placement.scale(rng.uniform(0.6, 1.6));
  placement.rotate(rng.uniform(-3, 3));
  placement.shift(rng.uniform(-2, 2), rng.uniform(-2, 2));
  if (grey) placement.outside = 0;
  return placement;
}

at::Tensor resample(const at::Tensor& picture, const Placement& placement, int64_t height, int64_t width) {
  return microtome::resample(picture, std::span(&placement, 1), {.height = height, .width = width});
}

at::Tensor resample_adjoint(const at::Tensor& like, const Placement& placement, const at::Tensor& gradient) {
  const at::Tensor picture = at::zeros_like(like).requires_grad_();
  const at::Tensor window = resample(picture, placement, gradient.size(2), gradient.size(3));
  return torch::autograd::grad({window}, {picture}, {gradient})[0];
}

// Straight from the definition: the value of the picture's plane at (x, y).
double plane_value(const at::Tensor& picture, int64_t channel, double x, double y, const Placement& placement) {
  const int64_t height = picture.size(2), width = picture.size(3);
  double sum = 0;
  for (int corner = 0; corner < 4; ++corner) {
    const double column = std::floor(x) + (corner & 1), row = std::floor(y) + (corner >> 1);
    const double weight = (1 - std::abs(x - column)) * (1 - std::abs(y - row));
    const bool inside =
        column >= 0 && row >= 0 && column < static_cast<double>(width) && row < static_cast<double>(height);
    double value = placement.outside.value_or(0);
    if (inside || !placement.outside) {
      const auto c = std::clamp<int64_t>(static_cast<int64_t>(column), 0, width - 1);
      const auto r = std::clamp<int64_t>(static_cast<int64_t>(row), 0, height - 1);
      value = picture[0][channel][r][c].item<double>();
    }
    sum += weight * value;
  }
  return sum;
}

TEST(Resample, AgreesWithTheDefinition) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const at::Tensor picture = noise({1, 2, 9, 7}, seed).to(at::kDouble);
    Placement placement = random_placement(seed, false);
    if (seed % 2 == 0) placement.outside = 0.5;
    const at::Tensor window = resample(picture, placement, 6, 11);
    for (int64_t row = 0; row < 6; ++row) {
      for (int64_t column = 0; column < 11; ++column) {
        const double u = (static_cast<double>(column) - 5) * 7 / 11, v = (static_cast<double>(row) - 2.5) * 9 / 6;
        const double x = placement.xx * u + placement.xy * v + placement.x + 3;
        const double y = placement.yx * u + placement.yy * v + placement.y + 4;
        EXPECT_NEAR(window[0][1][row][column].item<double>(), plane_value(picture, 1, x, y, placement), 1e-12);
      }
    }
  }
}

TEST(Resample, IsTransposedExactly) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor x = noise({1, 3, 17, 13}, seed).to(at::kDouble);
    const at::Tensor y = noise({1, 3, 12, 19}, seed + 100).to(at::kDouble);
    const Placement placement = random_placement(seed, seed % 2 == 0);
    const double forward = (resample(x, placement, 12, 19) * y).sum().item<double>();
    const double backward = (x * resample_adjoint(x, placement, y)).sum().item<double>();
    EXPECT_NEAR(forward, backward, 1e-10 * (1 + std::abs(forward)));
  }
}

// Several placements of several pictures at once are each what they are alone; so is a part of a window.
TEST(Resample, TakesPicturesAndPartsApart) {
  const at::Tensor pictures = noise({2, 3, 15, 15}, 3).to(at::kDouble);
  std::vector<Placement> placements;
  for (uint64_t i = 0; i < 4; ++i) placements.push_back(random_placement(i, i % 2 == 0));
  const at::Tensor leaf = pictures.clone().requires_grad_();
  const Aperture part{.height = 15, .width = 12, .top = 4, .left = 2, .rows = 6, .columns = 5};
  const at::Tensor all = microtome::resample(leaf, placements, part);
  const at::Tensor weights = noise({4, 3, 6, 5}, 8).to(at::kDouble);
  const at::Tensor gradient = torch::autograd::grad({(all * weights).sum()}, {leaf})[0];
  at::Tensor expected = at::zeros_like(pictures);
  for (int64_t i = 0; i < 4; ++i) {
    const Placement& placement = placements[static_cast<size_t>(i)];
    const at::Tensor one = pictures.narrow(0, i / 2, 1);
    const at::Tensor whole = resample(one, placement, 15, 12);
    EXPECT_TRUE(at::allclose(all[i], whole[0].narrow(1, 4, 6).narrow(2, 2, 5), 0, 1e-12));
    at::Tensor spread = at::zeros({1, 3, 15, 12}, at::kDouble);
    spread[0].narrow(1, 4, 6).narrow(2, 2, 5).copy_(weights[i]);
    expected[i / 2] += resample_adjoint(one, placement, spread)[0];
  }
  EXPECT_TRUE(at::allclose(gradient, expected, 0, 1e-12));
}

TEST(Resample, LeavesAnUnmovedPictureAlone) {
  const at::Tensor picture = noise({1, 3, 128, 128}, 1);
  Placement grey;
  grey.outside = 0.5;
  EXPECT_TRUE(at::equal(resample(picture, Placement{}, 128, 128), picture));
  EXPECT_TRUE(at::equal(resample(picture, grey, 128, 128), picture));
}

TEST(Resample, ShiftsByWholePixelsExactly) {
  const at::Tensor picture = noise({1, 1, 32, 32}, 2);
  Placement placement;
  placement.outside = 0.5;
  placement.shift(3, -2);  // the content moves right and up
  const at::Tensor window = resample(picture, placement, 32, 32);
  EXPECT_TRUE(at::equal(window.slice(3, 3).slice(2, 0, 30), picture.slice(3, 0, 29).slice(2, 2)));
  EXPECT_TRUE(at::equal(window.slice(3, 0, 3), at::full({1, 1, 32, 3}, 0.5)));
}

TEST(Resample, TurnsByAQuarter) {
  const at::Tensor picture = noise({1, 1, 16, 16}, 3).to(at::kDouble);
  Placement placement;
  placement.outside = 0;
  placement.rotate(std::numbers::pi / 2);
  const at::Tensor window = resample(picture, placement, 16, 16);
  EXPECT_TRUE(at::allclose(window, at::rot90(picture, -1, {2, 3}), 0, 1e-9));  // clockwise
}

TEST(Resample, ScalesAboutTheCentre) {
  const at::Tensor ramp = at::arange(33, at::kDouble).view({1, 1, 1, 33}).expand({1, 1, 33, 33}).contiguous();
  Placement placement;
  placement.scale(2);
  const at::Tensor window = resample(ramp, placement, 33, 33);
  for (int64_t i = 0; i < 33; ++i) {
    EXPECT_NEAR(window[0][0][5][i].item<double>(), 16 + (static_cast<double>(i) - 16) / 2, 1e-12);
  }
}

TEST(Resample, ComposesInTheOrderWritten) {
  Placement placement;  // scale, then shift: the shift is not scaled
  placement.outside = 0;
  placement.scale(2);
  placement.shift(4, 0);
  at::Tensor picture = at::zeros({1, 1, 33, 33});
  picture[0][0][16][16] = 1;
  EXPECT_FLOAT_EQ(resample(picture, placement, 33, 33)[0][0][16][20].item<float>(), 1);
}

}  // namespace
}  // namespace microtome
