// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/transform.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/visualize/render.h"
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

std::string message(const std::string& text) {
  try {
    const TransformList list(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << text;
    return error.what();
  }
  return "";
}

// Every kind by its name, and some with arguments that matter.
std::vector<std::string> every_text() {
  std::vector<std::string> texts;
  for (const TransformKind* kind : transforms::kinds()) texts.emplace_back(kind->name);
  for (const TransformPreset& preset : transform_presets()) texts.emplace_back(preset.name);
  texts.insert(texts.end(), {"jitter(pixels=3)/scale(factors=1/2)", "jitter(share=0.25)", "scale(low=0.5,high=2)",
                             "rotate(angles=-90/0/90)", "blur(low=1,high=2)/blur/colour/noise(uniform=0.1)/noise"});
  return texts;
}

// --- All kinds ---

TEST(TransformKinds, AreDescribedFiniteAndPure) {
  for (const TransformKind* kind : transforms::kinds()) {
    EXPECT_FALSE(kind->summary.empty());
    for (const FieldEntry& parameter : kind->describe()) EXPECT_FALSE(parameter.field.help.empty()) << kind->name;
    EXPECT_EQ(TransformList(kind->name).to_string(), kind->name);
  }
  const at::Tensor picture = noise({1, 3, kSide, kSide}, 4), grey = noise({1, 1, kSide, kSide}, 5);
  for (const std::string& text : every_text()) {
    for (uint64_t step = 0; step < 5; ++step) {
      const at::Tensor window = seen(picture, text, step);
      EXPECT_TRUE(at::isfinite(window).all().item<bool>()) << text;
      EXPECT_TRUE(at::equal(window, seen(picture, text, step))) << text;
      EXPECT_TRUE(at::isfinite(seen(grey, text, step)).all().item<bool>()) << text;
    }
  }
}

TEST(TransformKinds, SameTextSameList) {
  for (const std::string& text : every_text()) {
    const TransformList list(text), again(list.to_string());
    EXPECT_EQ(again.to_string(), list.to_string());
    const Draw a = list.draw(Rng(2), kSide, kSide), b = again.draw(Rng(2), kSide, kSide);
    const at::Tensor picture = noise({1, 3, kSide, kSide}, 4);
    EXPECT_TRUE(at::equal(applied(picture, a), applied(picture, b))) << text;
  }
  EXPECT_EQ(TransformList("lucid").to_string(), "pad/jitter/scale/rotate/jitter(pixels=4)");
}

TEST(TransformKinds, RefuseWhatTheyDoNotKnow) {
  for (const TransformKind* kind : transforms::kinds()) {
    EXPECT_NE(message(std::string(kind->name) + "(nonsense=1)").find("nonsense"), std::string::npos) << kind->name;
    EXPECT_NE(message(std::string(kind->name) + "(1)").find("given for no argument"), std::string::npos) << kind->name;
  }
  EXPECT_NE(message("pad/jittr").find("column 5"), std::string::npos);
  EXPECT_NE(message("pad/jittr").find("jitter"), std::string::npos);
  EXPECT_NE(message("jitter(pixel=3)").find("\"pixels\""), std::string::npos);
  EXPECT_NE(message("jitter(pixels=-3)").find("outside"), std::string::npos);
  EXPECT_NE(message("jitter pad").find("column 8"), std::string::npos);
  for (const std::string text : {"jitter(pixels=8,share=0.1)", "scale(factors=1,low=1,high=2)", "scale(low=1)",
                                 "scale(high=2)", "rotate(angles=1,degrees=3)", "blur(low=3,high=2)", "crop(low=0.6)",
                                 "crop(low=0.01)", "mirror(chance=2)", "noise(sd=-1)"}) {
    EXPECT_NE(message(text), "") << text;
  }
}

// Of a batch with copies, each window is what its own draw makes of its own picture alone.
TEST(TransformKinds, DrawForEachPictureAndCopyAlone) {
  const at::Tensor pictures = noise({2, 3, kSide, kSide}, 3).to(at::kDouble);
  for (const std::string& text : every_text()) {
    const std::vector<Draw> draws = draws_of(text, 6);
    const at::Tensor all = apply(pictures, draws, {.height = 17, .width = 23});
    for (int64_t i = 0; i < 6; ++i) {
      const at::Tensor one = applied(pictures.narrow(0, i / 3, 1), draws[static_cast<size_t>(i)], 17, 23);
      EXPECT_TRUE(at::equal(all[i], one[0])) << text << " " << i;
    }
  }
}

TEST(TransformKinds, APartEqualsThatPartOfTheWhole) {
  const at::Tensor picture = noise({1, 3, 30, 30}, 3).to(at::kDouble);
  const at::Tensor weights = noise({2, 3, 9, 8}, 6).to(at::kDouble);
  for (const std::string& text : every_text()) {
    const std::vector<Draw> draws = draws_of(text, 2, 30);
    for (const int64_t at : {0, 5, 17}) {
      const Aperture part{.height = 26, .width = 31, .top = at, .left = at + 1, .rows = 9, .columns = 8};
      const at::Tensor leaf = picture.clone().requires_grad_(), other = picture.clone().requires_grad_();
      const at::Tensor cut = apply(leaf, draws, part);
      const at::Tensor whole = apply(other, draws, {.height = 26, .width = 31}).narrow(2, at, 9).narrow(3, at + 1, 8);
      EXPECT_TRUE(at::allclose(cut, whole, 0, 1e-12)) << text;
      const at::Tensor a = torch::autograd::grad({(cut * weights).sum()}, {leaf})[0];
      const at::Tensor b = torch::autograd::grad({(whole * weights).sum()}, {other})[0];
      EXPECT_TRUE(at::allclose(a, b, 0, 1e-12)) << text;
    }
  }
}

// Every draw is affine in the picture: A x + b. So <A x, y> = <x, A' y> with A' the gradient, and a difference quotient
// is exact at any step.
TEST(TransformKinds, AreTransposedExactly) {
  for (const int64_t channels : {1, 3}) {
    for (const std::string& text : every_text()) {
      for (uint64_t step = 0; step < 3; ++step) {
        const std::vector<Draw> draws = draws_of(text, 2 * (step + 1));
        const Aperture window{.height = 17, .width = 23};
        const at::Tensor x = noise({2, channels, kSide, kSide}, step).to(at::kDouble);
        const at::Tensor direction = noise({2, channels, kSide, kSide}, step + 50).to(at::kDouble);
        const at::Tensor leaf = x.clone().requires_grad_();
        const at::Tensor out = apply(leaf, draws, window);
        const at::Tensor y = noise(out.sizes().vec(), step + 9).to(at::kDouble);
        const at::Tensor gradient = torch::autograd::grad({out}, {leaf}, {y})[0];
        const at::Tensor moved = apply(x + direction, draws, window);
        const double forward = ((moved - out.detach()) * y).sum().item<double>();
        const double backward = (gradient * direction).sum().item<double>();
        EXPECT_NEAR(forward, backward, 1e-10 * (1 + std::abs(forward))) << text;
      }
    }
  }
}

// --- Single kinds ---

TEST(Jitter, ShiftsByEveryWholePixelOfItsRange) {
  std::array<int, 9> count{};
  for (uint64_t step = 0; step < 2000; ++step) {
    const Placement placement = draw_of("jitter(pixels=8)", step).placement;
    ASSERT_LE(std::abs(placement.x), 4);
    ++count[static_cast<size_t>(placement.x + 4)];
  }
  for (const int n : count) EXPECT_NEAR(n, 2000. / 9, 70);
}

TEST(Jitter, MayBeAShareOfThePicture) {
  double largest = 0;
  for (uint64_t step = 0; step < 300; ++step) {
    largest = std::max(largest, std::abs(draw_of("jitter(share=0.25)", step, 80).placement.x));
    EXPECT_EQ(draw_of("jitter(share=0.25)", step, 80).placement.x, draw_of("jitter(pixels=20)", step, 80).placement.x);
  }
  EXPECT_EQ(largest, 10);
}

TEST(Rotate, RestMakesNoTurnLikelier) {
  int still = 0;
  for (uint64_t step = 0; step < 5000; ++step) still += draw_of("rotate", step).placement.yx == 0;
  EXPECT_NEAR(still / 5000., 6. / 26, 0.025);
}

TEST(Rotate, TakesTheAnglesGiven) {
  int turned = 0;
  for (uint64_t step = 0; step < 900; ++step) {
    const double sine = draw_of("rotate(angles=0/30/30)", step).placement.xy;
    EXPECT_TRUE(sine == 0 || std::abs(sine - 0.5) < 1e-12) << sine;
    turned += sine != 0;
  }
  EXPECT_NEAR(turned / 900., 2. / 3, 0.06);
}

TEST(Scale, IsUniformInItsInterval) {
  double sum = 0;
  for (uint64_t step = 0; step < 1000; ++step) {
    const double factor = 1 / draw_of("scale(low=0.5,high=2.5)", step).placement.xx;
    ASSERT_GE(factor, 0.5);
    ASSERT_LE(factor, 2.5);
    sum += factor;
  }
  EXPECT_NEAR(sum / 1000, 1.5, 0.06);
}

TEST(Mirror, TurnsHalfOfTheDrawsExactly) {
  const at::Tensor picture = noise({1, 3, kSide, kSide}, 1);
  int turned = 0;
  for (uint64_t step = 0; step < 1000; ++step) {
    const at::Tensor window = seen(picture, "mirror", step);
    const bool same = at::equal(window, picture);
    EXPECT_TRUE(same || at::equal(window, picture.flip(3)));
    turned += !same;
  }
  EXPECT_NEAR(turned / 1000., 0.5, 0.06);
  EXPECT_TRUE(at::equal(seen(picture, "mirror(chance=1)"), picture.flip(3)));
  EXPECT_TRUE(at::equal(seen(picture, "mirror(chance=0)"), picture));
}

TEST(Mirror, ActsOnWhatWasMovedBefore) {
  at::Tensor picture = at::zeros({1, 1, 21, 21});
  picture[0][0][10][10] = 1;
  Placement placement;
  placement.shift(3, 0);
  placement.mirror();
  const at::Tensor window = resample(picture, std::span(&placement, 1), {.height = 21, .width = 21});
  EXPECT_EQ(window[0][0][10][7].item<float>(), 1);
}

// The plane x -> x shows in the window where it was cut from.
TEST(Crop, ShowsAPartInsideThePicture) {
  const at::Tensor ramp = at::arange(100, at::kDouble).view({1, 1, 1, 100}).expand({1, 1, 100, 100}).contiguous();
  double side_sum = 0, centre_sum = 0, square_sum = 0;
  for (uint64_t step = 0; step < 1000; ++step) {
    const Draw draw = draw_of("crop(low=0.2,high=0.4,sd=0.1)", step, 100);
    const at::Tensor row = apply(ramp, std::span(&draw, 1), {.height = 100, .width = 100})[0][0][0];
    const double first = row[0].item<double>(), last = row[99].item<double>();
    const double side = (last - first) / 99, centre = ((first + last) / 2 - 49.5) / 100;
    ASSERT_GE(side, 0.2 - 1e-9);
    ASSERT_LE(side, 0.4 + 1e-9);
    ASSERT_LE(std::abs(centre), (1 - side) / 2 + 1e-9);
    side_sum += side;
    centre_sum += centre;
    square_sum += centre * centre;
  }
  EXPECT_NEAR(side_sum / 1000, 0.3, 0.006);
  EXPECT_NEAR(centre_sum / 1000, 0, 0.01);
  EXPECT_NEAR(std::sqrt(square_sum / 1000), 0.1, 0.01);  // the edge is 3 deviations away at least
}

TEST(Crop, EndsWhereThePictureEnds) {
  int whole = 0;
  for (uint64_t step = 0; step < 400; ++step) {
    const Placement placement = draw_of("crop(low=0.9,high=0.9,side-sd=0.2,sd=1)", step, 100).placement;
    ASSERT_LE(placement.xx, 1);
    ASSERT_GE(placement.xx, 0.05);
    ASSERT_LE(std::abs(placement.x), 100 * (1 - placement.xx) / 2 + 1e-9);
    ASSERT_LE(std::abs(placement.y), 100 * (1 - placement.xx) / 2 + 1e-9);
    whole += placement.xx == 1;
  }
  EXPECT_NEAR(whole / 400., 0.31, 0.08);  // P(N(0.9, 0.2) > 1)
}

TEST(Transforms, ActInOneOrderWhateverTheTexts) {
  const at::Tensor picture = noise({1, 3, kSide, kSide}, 4).to(at::kDouble);
  Draw moved, blurred, coloured, all;
  moved.placement.rotate(0.3);
  blurred.retouch.blur_variance = 2;
  coloured.retouch.colour = {{0.5, 0.2, 0, 0, 1, 0, 0, 0.1, 1.5}, {0.1, 0, -0.2}};
  all = {.height = kSide, .width = kSide, .placement = moved.placement, .retouch = coloured.retouch};
  all.retouch.blur_variance = 2;
  all.retouch.noise = {{.sd = 0.1, .uniform = 0.2, .key = 5}};
  Draw noisy;
  noisy.retouch.noise = all.retouch.noise;
  const at::Tensor steps = applied(applied(applied(applied(picture, moved), blurred), coloured), noisy);
  EXPECT_TRUE(at::allclose(applied(picture, all), steps, 0, 1e-12));
  const auto same = [](const std::string& one, const std::string& other) {
    const Draw a = draw_of(one), b = draw_of(other);
    return a.placement.x == b.placement.x && a.retouch.blur_variance == b.retouch.blur_variance;
  };
  EXPECT_TRUE(same("jitter(pixels=0)/blur(low=1,high=1)", "blur(low=1,high=1)/jitter(pixels=0)"));
}

TEST(Presets, MayStandInLists) {
  EXPECT_EQ(TransformList("lucid/noise").to_string(), "pad/jitter/scale/rotate/jitter(pixels=4)/noise");
  EXPECT_EQ(TransformList("none/mirror/none").to_string(), "mirror");
  EXPECT_TRUE(TransformList("none").empty());
  EXPECT_NE(message("lucid(pixels=3)").find("no arguments"), std::string::npos);
}

TEST(Presets, XpliqueShowsAThirdOfThePicture) {
  double side = 0;
  for (uint64_t step = 0; step < 200; ++step) side += std::abs(draw_of("xplique", step, 512).placement.xx) / 200;
  EXPECT_NEAR(side, (16 + 8 - 16 - 2 / 0.94) / 16, 0.002);  // padded, cropped, then once more of the scaled one
}

TEST(Presets, CaptumHasItsShareOfScalesAndTurns) {
  const auto numbers = [](const std::string& name) {
    const std::string text = TransformList("captum").to_string();
    const size_t begin = text.find(name + '='), end = text.find(')', begin);
    return std::count(text.begin() + static_cast<int64_t>(begin), text.begin() + static_cast<int64_t>(end), '/') + 1;
  };
  EXPECT_EQ(numbers("factors"), 85 + 2 * 20);
  EXPECT_EQ(numbers("angles"), 40 + 20 + 10 + 5);
}

// The whole loop: under every preset the objective goes where it is asked to, by the same held-out draws, and the same
// key gives the same picture.
TEST(Presets, LetPicturesAscend) {
  const Network network = testing::Chain({-1, 3, 32, 32})
                              .conv("conv1", noise({8, 3, 5, 5}, 1, 0.3), noise({8}, 2, 0.1), 2)
                              .relu("relu1")
                              .conv("conv2", noise({6, 8, 3, 3}, 3, 0.3), noise({6}, 4, 0.1))
                              .network();
  RenderSettings settings;
  settings.size = 32;
  settings.steps = 40;
  settings.copies = 2;
  for (const TransformPreset& preset : transform_presets()) {
    settings.transforms = std::string(preset.name) + "/mirror/blur/colour/noise";
    const Renderer renderer(network, {}, settings);
    const Picture up = renderer.render("channel(layer=conv2,unit=3)", 0);
    const Picture down = renderer.render("-channel(layer=conv2,unit=3)", 0);
    EXPECT_GT(up.score, -down.score + 0.1) << preset.name;
    EXPECT_EQ(renderer.render("channel(layer=conv2,unit=3)", 0).image, up.image) << preset.name;
  }
}

}  // namespace
}  // namespace microtome
