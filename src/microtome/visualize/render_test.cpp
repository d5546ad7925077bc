// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/render.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/base/workers.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::Chain;
using testing::noise;

Network convolutional() {
  return Chain({-1, 3, 32, 32})
      .conv("conv1", noise({8, 3, 5, 5}, 1, 0.3), noise({8}, 2, 0.1), 2)
      .relu("relu1")
      .conv("conv2", noise({6, 8, 3, 3}, 3, 0.3), noise({6}, 4, 0.1))
      .relu("relu2")
      .pool("pool")
      .flatten("flat")
      .gemm("fc", noise({4, 6}, 5), noise({4}, 6))
      .network();
}

RenderSettings quick(int64_t size, int64_t steps) {
  RenderSettings settings;
  settings.size = size;
  settings.steps = steps;
  return settings;
}

double cosine(const at::Tensor& a, const at::Tensor& b) {
  return ((a * b).sum() / (a.norm() * b.norm())).item<double>();
}

// The network is one filter; in the cube of pictures its best picture is 1 where the filter is positive, else 0.
TEST(Renderer, FindsTheMatchedFilter) {
  const at::Tensor filter = noise({1, 1, 11, 11}, 7);
  const Network network = Chain({-1, 1, 24, 24}).conv("conv", filter, at::zeros({1})).network();
  RenderSettings settings = quick(24, 200);
  settings.transforms = "none";
  settings.parametrization = "pixel";
  const Picture picture = Renderer(network, {}, settings).render("neuron(layer=conv,unit=0)", 0);
  const at::Tensor patch = from_image(picture.image)[0][0].slice(0, 7, 18).slice(1, 7, 18) - 0.5;
  EXPECT_GT(cosine(patch, filter[0][0].sign()), 0.99);
  const at::Tensor corner = from_image(picture.image)[0][0].slice(0, 0, 7) - 0.5;
  EXPECT_LT(corner.abs().max().item<double>(), 0.03);  // nothing drives the rest
}

// The network measures the distance to a picture: -sum |x - t| = -sum relu(x - t) + relu(t - x).
TEST(Renderer, FindsAPictureThroughTheSpectrum) {
  const at::Tensor x = at::linspace(0, 9, 16).view({1, 1, -1}), y = at::linspace(0, 5, 16).view({1, -1, 1});
  const at::Tensor wanted = 0.5 + 0.3 * at::sin(x + y + at::tensor({0.f, 1.f, 2.f}).view({3, 1, 1}));
  const at::Tensor same = at::eye(768), t = wanted.reshape({-1});
  const Network network = Chain({1, 3, 16, 16})
                              .flatten("flat")
                              .gemm("differences", at::cat({same, -same}), at::cat({-t, t}))
                              .relu("parts")
                              .gemm("distance", at::full({1, 1536}, -1.0), at::zeros({1}))
                              .network();
  RenderSettings settings = quick(16, 300);
  settings.transforms = "none";
  const Picture picture = Renderer(network, {}, settings).render("logit(unit=0)", 0);
  EXPECT_LT((from_image(picture.image)[0] - wanted).abs().mean().item<double>(), 0.02);
  EXPECT_GT(cosine(from_image(picture.image)[0] - 0.5, wanted - 0.5), 0.99);
}

TEST(Renderer, RaisesEveryObjective) {
  const Network network = convolutional();
  const std::string file = ::testing::TempDir() + "/microtome_render_direction.npy";
  const std::vector<float> v = {1, 0, -1, 0, 0.5f, 0};
  write_file(file, npy_bytes(std::span<const float>(v), {6}));
  const Renderer renderer(network, {}, quick(32, 60));
  for (const std::string& text :
       {std::string("channel(layer=conv2,unit=1)"), std::string("-channel(layer=conv2,unit=1)"),
        std::string("neuron(layer=conv2,unit=3)"), std::string("logit(unit=2)"), std::string("-logit(unit=2)"),
        "direction(layer=conv2,power=2,vector=" + file + ")",
        std::string("channel(layer=conv2,unit=1)+0.1*logit(unit=0)")}) {
    const Picture picture = renderer.render(text, 0);
    ASSERT_EQ(picture.curve.size(), 60u);
    EXPECT_TRUE(picture.started);
    EXPECT_GT(picture.curve.back(), picture.curve.front()) << text;
    EXPECT_EQ(picture.image.width, 32);
    EXPECT_EQ(picture.image.channels, 3);
  }
}

TEST(Renderer, BothSignsGoBothWays) {
  const Network network = convolutional();
  const Renderer renderer(network, {}, quick(32, 80));
  const Picture up = renderer.render("channel(layer=conv2,unit=1)", 0);
  const Picture down = renderer.render("-channel(layer=conv2,unit=1)", 0);
  EXPECT_GT(up.activation, -down.activation);  // the negative picture's activation is that of the negated unit
  EXPECT_GT(up.plain_activation, -down.plain_activation);
  EXPECT_FALSE(up.image == down.image);
}

TEST(Renderer, ActivationIsThatOfTheStoredPicture) {
  const Network network = convolutional();
  const Renderer renderer(network, {}, quick(32, 20));
  const Picture picture = renderer.render("channel(layer=conv2,unit=1)", 0);
  const auto executor = make_executor(network, {"conv2"});
  const double expected = executor->run(from_image(picture.image))[0].select(1, 1).max().item<double>();
  EXPECT_NEAR(picture.plain_activation, expected, 1e-5);
  EXPECT_TRUE(std::isnan(renderer.render("logit(unit=0)+logit(unit=1)", 0).activation));
}

TEST(Renderer, APictureDoesNotDependOnItsNeighbours) {
  const Network network = convolutional();
  const RenderSettings settings = quick(24, 15);
  const Renderer together(network, {}, settings);
  std::vector<Picture> pictures(6);
  parallel_for(2, 6, [&](int, int64_t i) {
    const auto key = static_cast<uint64_t>(i / 3);
    pictures[static_cast<size_t>(i)] = together.render("channel(layer=conv2,unit=" + std::to_string(i % 3) + ")", key);
  });
  const Picture alone = Renderer(network, {}, settings).render("channel(layer=conv2,unit=2)", 1);
  EXPECT_TRUE(pictures[5].image == alone.image);
  EXPECT_EQ(pictures[5].curve, alone.curve);
  EXPECT_EQ(pictures[5].activation, alone.activation);
  EXPECT_FALSE(pictures[2].image == alone.image);  // another key
}

TEST(Renderer, ResamplesToAFixedInput) {
  const Network network =
      Chain({1, 1, 12, 20}).flatten("flat").gemm("fc", noise({2, 240}, 3), at::zeros({2})).network();
  EXPECT_EQ(Renderer(network, {}, {}).size(), 12);
  const Renderer renderer(network, {}, quick(18, 30));
  const Picture picture = renderer.render("logit(unit=1)", 0);
  EXPECT_EQ(picture.image.width, 18);
  EXPECT_EQ(picture.image.channels, 1);
  EXPECT_GT(picture.curve.back(), picture.curve.front());
}

TEST(Renderer, StartsTheSleeping) {
  // Dead for every grey picture: grey is 0 to the filter, as the padding is, and the threshold is far above what the
  // start's noise gives.
  Preprocessing centred;
  centred.mean = {0.5, 0.5, 0.5};
  centred.deviation = {1, 1, 1};
  const at::Tensor filter = noise({1, 3, 5, 5}, 11);
  const Network network = Chain({-1, 3, 24, 24}).conv("conv", filter, at::full({1}, -1.0)).relu("relu").network();
  const Picture picture = Renderer(network, centred, quick(24, 80)).render("neuron(layer=relu,unit=0)", 0);
  EXPECT_TRUE(picture.started);
  EXPECT_GT(picture.redirected_steps, 0);
  EXPECT_GT(picture.curve.back(), 0);  // awake by itself
  EXPECT_EQ(picture.curve.front(), 0);
  EXPECT_GT(picture.activation, 0);
}

// Of two pictures made together the second is asleep, as above, while the first has a gradient from the beginning.
TEST(Renderer, StartsTheSleepingBesideTheAwake) {
  Preprocessing centred;
  centred.mean = {0.5, 0.5, 0.5};
  centred.deviation = {1, 1, 1};
  const at::Tensor filters = noise({2, 3, 5, 5}, 11), thresholds = at::tensor({0.5f, -1.f});
  const Network network = Chain({-1, 3, 24, 24}).conv("conv", filters, thresholds).relu("relu").network();
  const std::vector<uint64_t> keys = {0, 1};
  const std::vector<Picture> pictures =
      Renderer(network, centred, quick(24, 80)).render("interpolate(from=relu:0,to=relu:1)", keys);
  const auto executor = make_executor(network, {"relu"});
  const at::Tensor second = executor->run(from_image(pictures[1].image) - 0.5)[0][0][1];
  EXPECT_GT(second.max().item<double>(), 0);
  EXPECT_GT(pictures[0].redirected_steps, 0);
}

TEST(Renderer, WakesWhatNoiseDoesNotByDots) {
  // The sum around is taken off: only a lone bright pixel is more than its surroundings together.
  at::Tensor filter = at::full({1, 3, 3, 3}, -0.4);
  filter.slice(2, 1, 2).slice(3, 1, 2).fill_(0.5);
  const Network network = Chain({-1, 3, 32, 32}).conv("conv", filter, at::full({1}, -0.2)).relu("relu").network();
  RenderSettings settings = quick(32, 40);
  settings.transforms = "none";
  const Picture picture = Renderer(network, {}, settings).render("channel(layer=relu,unit=0)", 0);
  EXPECT_TRUE(picture.started);
  EXPECT_GT(picture.dots, 0);
  EXPECT_GT(picture.activation, 0);
  EXPECT_FALSE(picture.dead);
  EXPECT_TRUE(Renderer(network, {}, settings).render("channel(layer=relu,unit=0)", 0).image == picture.image);
}

TEST(Renderer, SaysWhenNothingMoves) {
  const Network network =
      Chain({-1, 3, 16, 16}).conv("conv", noise({1, 3, 3, 3}, 12), at::full({1}, -1e6)).relu("relu").network();
  const Picture picture = Renderer(network, {}, quick(16, 60)).render("channel(layer=relu,unit=0)", 0);
  EXPECT_FALSE(picture.started);
  EXPECT_EQ(picture.redirected_steps, 32);  // 16 from noise of either contrast
  EXPECT_TRUE(picture.dead);
  EXPECT_TRUE(std::isnan(picture.rank)) << "among units that are all silent";
  EXPECT_EQ(picture.activation, 0);
  const auto start = parse_parametrization("fft", {1, 3, 16, 16});
  EXPECT_TRUE(picture.image == to_image(start->image(testing::start_of(*start, 0, 0, 1))));
}

TEST(Renderer, UnitsWithTinyActivationsClimbAsWell) {
  const at::Tensor filter = noise({1, 3, 5, 5}, 13);
  const auto picture = [&](double scale) {
    const Network network = Chain({-1, 3, 24, 24}).conv("conv", filter * scale, at::zeros({1})).network();
    return Renderer(network, {}, quick(24, 40)).render("neuron(layer=conv,unit=0)", 0);
  };
  const at::Tensor a = from_image(picture(1).image), b = from_image(picture(1e-12).image);
  EXPECT_LT((a - b).abs().mean().item<double>(), 0.005);
}

TEST(Renderer, KeepsTheBestOfSeveralStarts) {
  const Network network = convolutional();
  RenderSettings settings = quick(24, 12);
  const Picture one = Renderer(network, {}, settings).render("channel(conv2:1)", 3);
  settings.starts = 4;
  const Picture best = Renderer(network, {}, settings).render("channel(conv2:1)", 3);
  EXPECT_GE(best.activation, one.activation);
  EXPECT_TRUE(best.start > 0 || best.image == one.image);
  settings.starts = 1;
  const Picture again = Renderer(network, {}, settings).render("channel(conv2:1)", 3);
  EXPECT_TRUE(again.image == one.image);
}

TEST(Renderer, StopsOnAPlateau) {
  const at::Tensor filter = noise({1, 1, 5, 5}, 7);
  const Network network = Chain({-1, 1, 16, 16}).conv("conv", filter, at::zeros({1})).network();
  RenderSettings settings = quick(16, 3000);
  settings.transforms = "none";
  settings.parametrization = "pixel";
  settings.lr = 0.3;
  settings.patience = 30;
  const Picture picture = Renderer(network, {}, settings).render("neuron(conv:0)", 0);
  EXPECT_TRUE(picture.plateau);
  EXPECT_LT(picture.curve.size(), 3000u);
  const double best = filter.clamp_min(0).sum().item<double>();
  EXPECT_GT(picture.plain_activation, 0.98 * best);
}

TEST(Renderer, FramesArePicturesOnTheWay) {
  const Network network = convolutional();
  RenderSettings settings = quick(24, 20);
  settings.frames = {0, 5, 20};
  const Picture picture = Renderer(network, {}, settings).render("channel(conv2:1)", 0);
  ASSERT_EQ(picture.frames.size(), 3u);
  EXPECT_EQ(picture.frames[1].step, 5);
  EXPECT_TRUE(picture.frames[2].image == picture.image);
  settings.frames = {};
  settings.steps = 5;
  EXPECT_TRUE(Renderer(network, {}, settings).render("channel(conv2:1)", 0).image == picture.frames[1].image);
}

// Steps that a coarser stage does not need are not taken later, nor counted.
TEST(Renderer, CountsTheStepsThatWereTaken) {
  const Network network = Chain({-1, 1, 16, 16}).conv("conv", noise({1, 1, 5, 5}, 7), at::zeros({1})).network();
  RenderSettings settings = quick(16, 2000);
  settings.transforms = "none";
  settings.parametrization = "pixel";
  settings.lr = 0.3;
  settings.patience = 20;
  settings.grow = {8};
  for (int64_t step = 0; step <= 2000; step += 20) settings.frames.push_back(step);
  const Picture picture = Renderer(network, {}, settings).render("neuron(conv:0)", 0);
  EXPECT_TRUE(picture.plateau);
  const auto taken = std::ssize(picture.curve);
  EXPECT_LT(taken, 1000);
  EXPECT_EQ(std::ssize(picture.frames), taken / 20 + 1);
  EXPECT_EQ(picture.frames.back().step, taken / 20 * 20);
}

TEST(Renderer, GreyPicturesMayHaveHoles) {
  const Network network = Chain({-1, 1, 16, 16}).conv("conv", noise({1, 1, 5, 5}, 7), at::zeros({1})).network();
  RenderSettings settings = quick(16, 10);
  settings.parametrization = "fft(alpha=true)";
  const Renderer renderer(network, {}, settings);
  const Picture picture = renderer.render("conv:0*(1 - alpha)", 0);
  EXPECT_EQ(picture.image.channels, 4);  // There is no format of grey with opacity.
  EXPECT_EQ(picture.image.at(3, 3)[0], picture.image.at(3, 3)[2]);
  EXPECT_TRUE(std::isfinite(picture.activation));
  const std::vector<Image> twice = {picture.image, picture.image};
  EXPECT_NEAR(renderer.diversity(renderer.parse("conv:0"), twice), 0, 1e-6);
}

TEST(Renderer, AveragesOverCopies) {
  const Network network = convolutional();
  RenderSettings settings = quick(24, 30);
  settings.copies = 3;
  const Picture picture = Renderer(network, {}, settings).render("channel(conv2:1)", 0);
  EXPECT_GT(picture.curve.back(), picture.curve.front());
  settings.transforms = "none";  // equal copies are as one
  const Picture copies = Renderer(network, {}, settings).render("channel(conv2:1)", 0);
  settings.copies = 1;
  const Picture single = Renderer(network, {}, settings).render("channel(conv2:1)", 0);
  EXPECT_LT((from_image(copies.image) - from_image(single.image)).abs().mean().item<double>(), 0.02);
}

TEST(Renderer, RanksTheTargetInItsLayer) {
  const Network network = convolutional();
  const Picture picture = Renderer(network, {}, quick(32, 80)).render("channel(conv2:1)", 0);
  ASSERT_EQ(picture.maxima.size(), 6u);
  EXPECT_EQ(picture.maxima[1], static_cast<float>(picture.plain_activation));
  const auto larger = std::ranges::count_if(picture.maxima, [&](float value) { return value > picture.maxima[1]; });
  EXPECT_EQ(picture.rank, static_cast<double>(larger) + 1);
  const std::vector<uint64_t> keys = {0, 1, 2};
  const std::vector<Picture> variants = Renderer(network, {}, quick(32, 80)).render("channel(conv2:1)", keys);
  EXPECT_TRUE(variants[0].image == picture.image);
  const Renderer renderer(network, {}, quick(32, 80));
  const std::vector<Image> images = {variants[0].image, variants[1].image}, same = {picture.image, picture.image};
  EXPECT_GT(renderer.diversity(renderer.parse("channel(conv2:1)"), images), 0);
  EXPECT_NEAR(renderer.diversity(renderer.parse("channel(conv2:1)"), same), 0, 1e-6);
  EXPECT_TRUE(std::isnan(renderer.diversity(renderer.parse("channel(conv2:1)"), std::span(images).first(1))));
}

TEST(Renderer, PenaltiesCalmThePicture) {
  const Network network = convolutional();
  const auto roughness = [](const Picture& picture) {
    return from_image(picture.image).diff(1, 3).abs().sum().item<double>();
  };
  RenderSettings settings = quick(24, 60);
  settings.parametrization = "pixel";
  const Picture wild = Renderer(network, {}, settings).render("channel(conv2:1)", 0);
  const Picture calm = Renderer(network, {}, settings).render("channel(conv2:1) - 0.05*tv", 0);
  EXPECT_LT(roughness(calm), 0.5 * roughness(wild));
  const Picture flat = Renderer(network, {}, settings).render("-tv", 0);  // needs no network
  EXPECT_LT(roughness(flat), 0.1 * roughness(wild));
}

TEST(Renderer, RefusesWhatMakesNoSense) {
  const Network network = convolutional();
  RenderSettings settings;
  settings.steps = 0;
  EXPECT_THROW(Renderer(network, {}, settings), Error);
  settings = {};
  settings.transforms = "jiter";
  EXPECT_THROW(Renderer(network, {}, settings), Error);
  settings = {};
  settings.parametrization = "cpnn";
  EXPECT_THROW(Renderer(network, {}, settings), Error);
  EXPECT_THROW(Renderer(network, {}, {}).render("channel(layer=conv3,unit=0)", 0), Error);
}

}  // namespace
}  // namespace microtome
