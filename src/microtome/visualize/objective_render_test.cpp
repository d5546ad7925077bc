// SPDX-License-Identifier: Apache-2.0
// Objectives in the ascent: every kind rises, and those that compare pictures do what they are for.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/executor.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/render.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::Chain;
using testing::noise;

// The layers of classifier(), of free size.
Network network() {
  return Chain({-1, 3, 24, 24})
      .conv("conv1", noise({5, 3, 5, 5}, 1, 0.3), noise({5}, 2, 0.1), 2)
      .relu("relu1")
      .pool("pool")
      .flatten("flat")
      .gemm("fc", noise({4, 5}, 3), noise({4}, 4))
      .softmax("prob")
      .network({"tabby, tabby cat", "husky", "crane", "snow plough, snowplow"});
}

// Grey is 0 to the network: what a picture shows counts, not how bright it is.
const Preprocessing& centred() {
  static const Preprocessing grey_is_zero = [] {
    Preprocessing all;
    all.mean = {0.5, 0.5, 0.5};
    all.deviation = {0.25, 0.25, 0.25};
    return all;
  }();
  return grey_is_zero;
}

ObjectiveContext render_context(const Network& of) { return {of, centred(), 24, 24}; }

RenderSettings quick_objective(int64_t steps) {
  RenderSettings settings;
  settings.size = 24;
  settings.steps = steps;
  return settings;
}

std::vector<uint64_t> keys(uint64_t count) {
  std::vector<uint64_t> all;
  for (uint64_t key = 0; key < count; ++key) all.push_back(key);
  return all;
}

at::Tensor pixels(const std::vector<Picture>& pictures) {
  std::vector<at::Tensor> all;
  for (const Picture& picture : pictures) all.push_back(from_image(picture.image));
  return at::cat(all);
}

// Of stored pictures, as they are.
double score_of(const std::string& text, const Network& of, const at::Tensor& pictures) {
  const auto objective = parse_objective(text, render_context(of));
  View view;
  if (!objective.reads.layers.empty()) {
    const std::vector<at::Tensor> taps = make_executor(of, objective.layers())->run(normalize(pictures, centred()));
    for (size_t i = 0; i < taps.size(); ++i) view.add(objective.layers()[i], taps[i]);
  }
  view.set_picture(pictures);
  return objective.score(view).item<double>();
}

TEST(ObjectivesInTheAscent, AllRise) {
  const Network of = network();
  const testing::ObjectiveFiles files;
  RenderSettings settings = quick_objective(40);
  settings.transforms = "none";
  const Renderer renderer(of, centred(), settings);
  for (const ObjectiveKind* kind : objectives::kinds()) {
    for (const std::string& text : files.examples(kind->name)) {
      const std::string raised = kind->name == "diversity" ? '-' + text : text;
      const auto count = static_cast<uint64_t>(renderer.parse(text).reads.together);
      const std::vector<Picture> pictures = renderer.render(raised, keys(count));
      for (const Picture& picture : pictures) {
        EXPECT_TRUE(picture.started) << text;
        EXPECT_GT(picture.curve.back(), picture.curve.front()) << text;
        EXPECT_TRUE(std::isfinite(picture.score)) << text;
        EXPECT_EQ(std::isnan(picture.activation), !parse_objective(text, render_context(of)).target) << text;
      }
    }
  }
}

// A penalty beside an objective makes pictures of which the penalty is smaller.
TEST(ObjectivesInTheAscent, PenaltiesWork) {
  const Network of = network();
  const Renderer renderer(of, centred(), quick_objective(60));
  const at::Tensor plain = pixels({renderer.render("conv1:1", 0)});
  const std::vector<std::pair<std::string, std::string>> weights = {
      {"tv", "0.01"}, {"l1", "0.01"}, {"l2", "1"}, {"blur", "0.1"}, {"boundary(width=4)", "0.1"}};
  ASSERT_EQ(weights.size() + 1, penalties::kinds().size());  // and alpha, for parametrizations with opacity
  for (const auto& [penalty, weight] : weights) {
    std::string text = "conv1:1 - ";
    text += weight + '*' + penalty;
    const Picture picture = renderer.render(text, 0);
    EXPECT_LT(score_of(penalty, of, pixels({picture})), 0.8 * score_of(penalty, of, plain)) << penalty;
    EXPECT_FALSE(std::isnan(picture.activation)) << "the unit is still what is measured";
  }
  EXPECT_THROW(renderer.render("conv1:1*(1 - alpha)", 0), Error);
}

TEST(ObjectivesInTheAscent, DiversityMakesVariantsDiffer) {
  const Network of = network();
  const Renderer renderer(of, centred(), quick_objective(60));
  const auto likeness = [&](const std::string& text) {
    return score_of("diversity(conv1)", of, pixels(renderer.render(text, keys(3))));
  };
  const double alone = likeness("relu1:1"), apart = likeness("relu1:1 - diversity(conv1)");
  EXPECT_LT(apart, 0.9 * alone);
}

// The same network with activations of another scale: as a factor diversity weighs the same, as a term it kills.
TEST(ObjectivesInTheAscent, DiversityAsAFactorSuitsEveryScale) {
  const auto pictures = [](double scale, const std::string& text) {
    const Network of = Chain({-1, 3, 24, 24})
                           .conv("conv1", noise({5, 3, 5, 5}, 1, 0.3 * scale), noise({5}, 2, 0.1 * scale), 2)
                           .relu("relu1")
                           .network();
    return Renderer(of, centred(), quick_objective(60)).render(text, keys(3));
  };
  const std::string share = "relu1:1 * (1 - 0.4*diversity(relu1))";
  const std::vector<Picture> large = pictures(1, share), small = pictures(0x1p-20, share);
  for (size_t i = 0; i < large.size(); ++i) {
    EXPECT_NEAR(small[i].activation * 0x1p20, large[i].activation, 0.05 * large[i].activation);
    EXPECT_FALSE(small[i].dead);
    EXPECT_GE(large[i].rank, 1);
  }
  for (const Picture& picture : pictures(0x1p-20, "relu1:1 - 1e2*diversity(relu1)")) {
    EXPECT_LT(picture.activation * 0x1p20, 0.5 * large[0].activation) << "the term alone counts";
    EXPECT_EQ(picture.dead, picture.activation == 0 && picture.plain_activation == 0);
    EXPECT_EQ(std::isnan(picture.rank), picture.plain_activation == 0);
  }
}

TEST(ObjectivesInTheAscent, AlignmentMakesNeighboursAlike) {
  const Network of = network();
  const Renderer renderer(of, centred(), quick_objective(60));
  const auto likeness = [&](const std::string& text) {
    return score_of("alignment(conv1)", of, pixels(renderer.render(text, keys(3))));
  };
  EXPECT_GT(likeness("interpolate(from=conv1:1,to=conv1:2) + 0.3*alignment(conv1)"),
            0.7 * likeness("interpolate(from=conv1:1,to=conv1:2)"));
}

// No picture of an interpolation sees another, so its ends are the pictures of the ends' own objectives.
TEST(ObjectivesInTheAscent, InterpolationEndsAtItsEnds) {
  const Network of = network();
  RenderSettings settings = quick_objective(60);
  settings.transforms = "none";
  const Renderer renderer(of, centred(), settings);
  const std::vector<Picture> path = renderer.render("interpolate(from=conv1:1,to=conv1:3)", keys(3));
  const at::Tensor shown = pixels(path);
  const auto near = [&](int64_t i, const std::string& text) {
    const at::Tensor alone = pixels({renderer.render(text, static_cast<uint64_t>(i))});
    return (shown[i] - alone[0]).abs().mean().item<double>();
  };
  EXPECT_LT(near(0, "conv1:1"), 0.05);
  EXPECT_LT(near(2, "conv1:3"), 0.05);
  EXPECT_GT(near(0, "conv1:3"), 0.1);
  EXPECT_GT(near(1, "conv1:1"), 0.05);
  EXPECT_GT(near(1, "conv1:3"), 0.05);
}

TEST(ObjectivesInTheAscent, InversionFindsThePicture) {
  const Network of = network();
  const testing::ObjectiveFiles files;
  RenderSettings settings = quick_objective(120);
  settings.transforms = "none";
  const std::string text = "inversion(conv1,image=" + files.image_file() + ")";
  const Picture picture = Renderer(of, centred(), settings).render(text, 0);
  EXPECT_LT(picture.curve.front(), -0.9);
  EXPECT_GT(score_of(text, of, pixels({picture})), -0.05);
}

TEST(ObjectivesInTheAscent, NeedThePicturesThatTheyCompare) {
  const Network of = network();
  const Renderer renderer(of, centred(), quick_objective(2));
  EXPECT_EQ(renderer.parse("conv1:1 - diversity(conv1)").reads.together, 2);
  EXPECT_THROW(renderer.render("conv1:1 - diversity(conv1)", 0), Error);
}

}  // namespace
}  // namespace microtome
