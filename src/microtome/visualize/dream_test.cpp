// SPDX-License-Identifier: Apache-2.0
// Dreams of networks whose gradient is known in closed form, and of a small one against finite differences.
#include "microtome/visualize/dream.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/field_value.h"
#include "microtome/network/executor.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/dream_objective.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::Chain;
using testing::noise;

// Each pixel by itself: unit k is row k of the matrix times (r, g, b).
Network pixelwise(const at::Tensor& matrix) {
  return Chain({-1, 3, 8, 8})
      .conv("mix", matrix.view({matrix.size(0), 3, 1, 1}), at::zeros({matrix.size(0)}))
      .network();
}

Network dreaming_network() {
  return Chain({-1, 3, 16, 16})
      .conv("conv1", noise({8, 3, 5, 5}, 1, 0.3), noise({8}, 2, 0.1), 2)
      .relu("relu1")
      .conv("conv2", noise({6, 8, 3, 3}, 3, 0.3), noise({6}, 4, 0.1))
      .network();
}

Image photo_of(int64_t width, int64_t height, uint64_t seed = 5) {
  return to_image(0.3 + 0.4 * at::sigmoid(noise({1, 3, height, width}, seed)));
}

DreamSettings quick_dream(int64_t octaves, int64_t steps) {
  DreamSettings settings;
  settings.octaves = octaves;
  settings.steps = steps;
  settings.jitter = 3;
  return settings;
}

DreamPicture dream_of(const Network& network, const std::string& layer, const Image& photo,
                      const DreamSettings& settings, std::vector<int64_t> units = {}, const Image& guide = {},
                      int threads = 1) {
  const Preprocessing raw;
  const DreamTask task{network, raw, layer, std::move(units), guide, settings, threads};
  return dream(photo, task, *make_silent_reporter());
}

double worst(const Image& image, const at::Tensor& expected) {
  return (from_image(image) - expected).abs().max().item<double>();
}

constexpr double kHalfLevel = 0.5001 / 255;

// Up to a factor, which the step divides out again.
TEST(DreamObjectives, HaveTheGradientOfTheirSum) {
  const at::Tensor at = noise({1, 3, 2, 4}, 9).to(at::kDouble);
  for (const DreamObjectiveKind* kind : dream_objectives::kinds()) {
    EXPECT_FALSE(kind->summary.empty()) << kind->name;
    const DreamSlope slope = kind->slope(at);
    EXPECT_EQ(slope.terms, at.numel()) << kind->name;
    at::Tensor found = at::zeros_like(at);
    for (int64_t i = 0; i < at.numel(); ++i) {
      const auto moved = [&](double by) {
        at::Tensor there = at.clone();
        there.view({-1})[i] += by;
        return kind->slope(there).sum;
      };
      found.view({-1})[i] = (moved(1e-5) - moved(-1e-5)) / 2e-5;
    }
    const at::Tensor expected = slope.gradient * (found.norm() / slope.gradient.norm());
    EXPECT_TRUE(at::allclose(found, expected, 1e-5, 1e-8)) << kind->name;
  }
}

TEST(DreamObjectives, AreTheChoicesOfTheSetting) {
  std::vector<std::string_view> names;
  for (const DreamObjectiveKind* kind : dream_objectives::kinds()) names.push_back(kind->name);
  for (const FieldEntry& entry : default_fields<DreamSettings>()) {
    if (entry.field.name != "objective") continue;
    EXPECT_EQ(entry.field.choices, fmt::format("{}", fmt::join(names, "|")));
  }
  EXPECT_THROW(dream_objective("mean_square", {}), Error);
}

TEST(Dream, RaisesTheSquaresOfTheLayerByTheStepThatWasAsked) {
  const Image photo = photo_of(11, 7);
  DreamSettings settings = quick_dream(1, 3);
  settings.lr = 9;
  const DreamPicture picture = dream_of(pixelwise(at::eye(3)), "mix", photo, settings);
  at::Tensor x = from_image(photo);
  for (size_t step = 0; step < 3; ++step) {  // gradient: the activations, which are the pixels
    EXPECT_NEAR(picture.curve[step], x.square().mean().item<double>(), 1e-5);
    x = (x + 9.0 / 255 * x / x.mean()).clamp(0, 1);
  }
  EXPECT_LT(worst(picture.image, x), kHalfLevel);
  EXPECT_TRUE(picture.started);
}

TEST(Dream, OfOneUnitFollowsItsRowAlone) {
  const at::Tensor matrix = at::tensor({1.f, 0.f, 0.f, 0.5f, -1.f, 2.f}).view({2, 3});
  const Image photo = photo_of(6, 9);
  DreamSettings settings = quick_dream(1, 2);
  settings.objective = "mean";
  settings.lr = 6;
  const DreamPicture picture = dream_of(pixelwise(matrix), "mix", photo, settings, {1});
  const at::Tensor row = matrix[1].view({1, 3, 1, 1});
  const at::Tensor expected = from_image(photo) + 2 * 6.0 / 255 * row / row.abs().mean();
  EXPECT_LT(worst(picture.image, expected.clamp(0, 1)), kHalfLevel);
}

TEST(Dream, GoesAlongTheDerivative) {
  const Network network = dreaming_network();
  const Image photo = photo_of(12, 10);
  DreamSettings settings = quick_dream(1, 1);
  settings.jitter = 0;
  settings.lr = 20;
  const DreamPicture picture = dream_of(network, "conv2", photo, settings);
  const auto executor = make_executor(network, {"conv2"});
  const at::Tensor pixels = from_image(photo);
  at::Tensor derivative = at::zeros_like(pixels);
  constexpr double kStep = 1e-2;
  for (int64_t i = 0; i < pixels.numel(); ++i) {
    const auto value = [&](double move) {
      at::Tensor moved = pixels.clone();
      moved.view({-1})[i] += move;
      return executor->run(moved)[0].to(at::kDouble).square().sum().item<double>();
    };
    derivative.view({-1})[i] = (value(kStep) - value(-kStep)) / (2 * kStep);
  }
  const at::Tensor expected = (pixels + 20.0 / 255 * derivative / derivative.abs().mean()).clamp(0, 1);
  EXPECT_LT(worst(picture.image, expected), 0.01);
}

TEST(Dream, NeverLosesThePhoto) {
  const Image photo = photo_of(40, 31);
  DreamSettings settings = quick_dream(4, 2);
  settings.lr = 1e-6;
  EXPECT_TRUE(dream_of(dreaming_network(), "conv2", photo, settings).image == photo);
}

TEST(Dream, CarriesDetailUpThroughTheOctaves) {
  // The mean of a pixelwise network pushes every pixel alike at every size, so detail adds up exactly.
  const at::Tensor row = at::tensor({1.f, 1.f, -1.f}).view({1, 3});
  const Image photo(30, 20, 3, 128);
  DreamSettings settings = quick_dream(3, 2);
  settings.objective = "mean";
  settings.lr = 4;
  const DreamPicture picture = dream_of(pixelwise(row), "mix", photo, settings);
  const at::Tensor expected = from_image(photo) + 3 * 2 * 4.0 / 255 * row.view({1, 3, 1, 1});
  EXPECT_LT(worst(picture.image, expected.expand({1, 3, 20, 30})), kHalfLevel);
  EXPECT_EQ(picture.curve.size(), 6u);
}

TEST(Dream, IsAFunctionOfItsSeed) {
  const Network network = dreaming_network();
  const Image photo = photo_of(24, 24);
  DreamSettings settings = quick_dream(2, 3);
  const Image first = dream_of(network, "conv2", photo, settings).image;
  EXPECT_TRUE(dream_of(network, "conv2", photo, settings).image == first);
  settings.seed = 1;
  EXPECT_FALSE(dream_of(network, "conv2", photo, settings).image == first);
  const DreamPicture picture = dream_of(network, "conv2", photo, quick_dream(1, 8));
  EXPECT_GT(picture.curve.back(), picture.curve.front());
}

TEST(Dream, TilesAreAsTheWholeForANetworkThatSeesPixelsAlone) {
  const Network network = pixelwise(noise({4, 3}, 6));
  const Image photo = photo_of(23, 17);
  DreamSettings settings = quick_dream(2, 3);
  const DreamPicture whole = dream_of(network, "mix", photo, settings);
  settings.tile = 7;
  const DreamPicture one = dream_of(network, "mix", photo, settings, {}, {}, 1);
  const DreamPicture two = dream_of(network, "mix", photo, settings, {}, {}, 2);
  EXPECT_LT(worst(one.image, from_image(whole.image)), 1.01 / 255);
  EXPECT_TRUE(one.image == two.image);
  EXPECT_EQ(one.curve, two.curve);
}

TEST(Dream, LooksInTilesThroughANetworkOfOneSize) {
  const Network network = Chain({1, 3, 8, 8}).flatten("flat").gemm("fc", noise({5, 192}, 7), at::zeros({5})).network();
  const Image photo = photo_of(29, 20);
  const DreamPicture picture = dream_of(network, "fc", photo, quick_dream(2, 6));
  EXPECT_EQ(picture.image.width, 29);
  EXPECT_EQ(picture.image.height, 20);
  EXPECT_GT(picture.curve.back(), picture.curve.front());
  const DreamPicture guided = dream_of(network, "fc", photo, quick_dream(2, 6), {}, photo_of(13, 50, 8));
  EXPECT_GT(guided.curve.back(), guided.curve.front());
  EXPECT_THROW(dream_of(network, "fc", photo, quick_dream(4, 1)), Error);  // the smallest octave has 7 rows
  DreamSettings settings = quick_dream(1, 1);
  settings.tile = 16;
  EXPECT_THROW(dream_of(network, "fc", photo, settings), Error);
}

TEST(Dream, IsDrawnToTheBestMatchOfItsGuide) {
  Image guide(2, 1);  // red and a dark green
  guide.at(0, 0)[0] = 255;
  guide.at(1, 0)[1] = 100;
  Image photo(3, 4, 3, 100);
  for (int y = 0; y < 4; ++y) photo.at(1, y)[1] = 250;  // 0.98 * 0.39 < 0.39 * 1: red matches best even here
  for (int y = 0; y < 4; ++y) photo.at(2, y)[0] = 20;   // 0.39 * 0.39 > 0.08: green matches best
  photo.at(1, 0)[0] = 40;                               // 0.98 * 0.39 > 0.16: green
  DreamSettings settings = quick_dream(1, 1);
  settings.lr = 10;
  const DreamPicture picture = dream_of(pixelwise(at::eye(3)), "mix", photo, settings, {}, guide);
  // Seven pixels are drawn to (1, 0, 0) and five to (0, 0.392, 0).
  const double mean = (7 * 1.0 + 5 * 100 / 255.0) / 36;
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 3; ++x) {
      const bool green = x == 2 || (x == 1 && y == 0);
      const double red = photo.at(x, y)[0] + (green ? 0 : 10 / mean);
      const double grass = photo.at(x, y)[1] + (green ? 10 * 100 / 255.0 / mean : 0);
      EXPECT_NEAR(picture.image.at(x, y)[0], std::min(red, 255.0), 0.51);
      EXPECT_NEAR(picture.image.at(x, y)[1], std::min(grass, 255.0), 0.51);
      EXPECT_EQ(picture.image.at(x, y)[2], photo.at(x, y)[2]);
    }
  }
}

TEST(Dream, TheGuidesBestMatchesAreThoseOfASearch) {
  const at::Tensor features = noise({1, 5, 6, 7}, 9), here = noise({1, 5, 3, 4}, 10);
  const DreamSlope slope = guided_objective(features)(here);
  const at::Tensor candidates = features.view({5, 42}), positions = here.view({5, 12});
  double sum = 0;
  for (int64_t p = 0; p < 12; ++p) {
    int64_t best = 0;
    for (int64_t q = 1; q < 42; ++q) {
      const auto product = [&](int64_t i) {
        return (candidates.select(1, i) * positions.select(1, p)).sum().item<float>();
      };
      if (product(q) > product(best)) best = q;
    }
    EXPECT_TRUE(at::equal(slope.gradient.view({5, 12}).select(1, p), candidates.select(1, best)));
    sum += (candidates.select(1, best) * positions.select(1, p)).sum().item<double>();
  }
  EXPECT_NEAR(slope.sum, sum, 1e-4);
  EXPECT_EQ(slope.terms, 12);
}

TEST(Dream, HandsOutAFrameAfterEachStep) {
  const Network network = dreaming_network();
  const Image photo = photo_of(20, 14);
  const Preprocessing raw;
  const DreamTask task{network, raw, "conv2", {}, {}, quick_dream(2, 3), 1};
  std::vector<Image> frames;
  const DreamPicture picture = dream(photo, task, *make_silent_reporter(), [&](int64_t number, const Image& frame) {
    frames.push_back(frame);
    EXPECT_EQ(number, static_cast<int64_t>(frames.size()));
  });
  ASSERT_EQ(frames.size(), 6u);
  for (const Image& frame : frames) EXPECT_EQ(frame.width, 20);
  EXPECT_TRUE(frames.back() == picture.image);
}

TEST(Dream, SaysWhenNothingMoves) {
  const Network network =
      Chain({-1, 3, 8, 8}).conv("conv", noise({2, 3, 3, 3}, 11), at::full({2}, -1e6)).relu("relu").network();
  const Image photo = photo_of(16, 16);
  const DreamPicture picture = dream_of(network, "relu", photo, quick_dream(2, 2));
  EXPECT_FALSE(picture.started);
  EXPECT_TRUE(picture.image == photo);
}

TEST(Dream, TakesTheSizeAsked) {
  DreamSettings settings = quick_dream(1, 1);
  settings.size = 30;
  const DreamPicture picture = dream_of(dreaming_network(), "conv2", photo_of(20, 10), settings);
  EXPECT_EQ(picture.image.width, 30);
  EXPECT_EQ(picture.image.height, 15);
}

TEST(Dream, RefusesWhatMakesNoSense) {
  const Network network = dreaming_network();
  const Image photo = photo_of(16, 16);
  EXPECT_THROW(dream_of(network, "conv3", photo, quick_dream(1, 1)), Error);
  EXPECT_THROW(dream_of(network, "conv2", photo, quick_dream(1, 1), {6}), Error);
  EXPECT_THROW(dream_of(network, "conv2", photo, quick_dream(1, 0)), Error);
  EXPECT_THROW(dream_of(network, "conv2", photo, quick_dream(1, 1), {1}, photo), Error);  // units and a guide
  GraphBuilder graph;  // five pixels wide and without padding: the smallest octave has two
  const ValueIndex input = graph.input("input", {-1, 3, 16, 16});
  const Network narrow{graph.finish({graph.conv("conv", input, noise({2, 3, 5, 5}, 1), at::zeros({2}))}), {}};
  EXPECT_TRUE(dream_of(narrow, "conv", photo, quick_dream(3, 1)).started);
  try {
    dream_of(narrow, "conv", photo, quick_dream(7, 1));
    ADD_FAILURE() << "runs at two pixels";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("2 x 2 pixels"), std::string::npos) << error.what();
  }
  DreamSettings settings = quick_dream(1, 1);
  settings.objective = "meen";
  EXPECT_THROW(dream_of(network, "conv2", photo, settings), Error);
}

}  // namespace
}  // namespace microtome
