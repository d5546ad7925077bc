// SPDX-License-Identifier: Apache-2.0
// Inputs that are no pictures: rows of values, vectors and maps of any number of channels.
#include "microtome/visualize/input_form.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/render.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::Chain;
using testing::noise;

constexpr int64_t kLength = 40, kTaps = 7, kLineChannels = 2, kFeatures = 12;

// One convolution along the row, the units "conv" 0 and 1, and their rectified values.
Network line_network(const at::Tensor& filters) {
  GraphBuilder graph;
  const std::vector<int64_t> kernel = {kTaps}, pads = {kTaps / 2, kTaps / 2};
  const ValueIndex input = graph.input("signal", {-1, kLineChannels, kLength});
  const ValueIndex conv = graph.node("Conv", "conv", {input, graph.constant("weight", filters)},
                                     {{"kernel_shape", kernel}, {"pads", pads}});
  Network::Facts facts;
  facts.file = facts.name = "line";
  return Network(graph.finish({graph.relu("relu", conv)}), facts);
}

Network vector_network(const at::Tensor& weights) {
  return Chain({-1, kFeatures}).gemm("score", weights, at::zeros({weights.size(0)})).network();
}

Network deep_maps() {
  return Chain({-1, 5, 12, 12}).conv("conv", noise({3, 5, 3, 3}, 1), at::zeros({3})).relu("relu").network();
}

RenderSettings still(int64_t steps) {
  RenderSettings settings;
  settings.steps = steps;
  settings.transforms = "none";
  return settings;
}

double cosine_between(const at::Tensor& a, const at::Tensor& b) {
  return ((a * b).sum() / (a.norm() * b.norm())).item<double>();
}

std::string refusal(const Network& network, const RenderSettings& settings, const std::string& objective = "") {
  try {
    const Renderer renderer(network, {}, settings);
    if (!objective.empty()) renderer.render(objective, 0);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

// Of w . x - c |x - 1/2|^2 the best input is 1/2 + w / 2c: the filter itself where it lies, nothing elsewhere.
TEST(LineInput, FindsTheMatchedFilterThroughEveryParametrization) {
  const at::Tensor filters = noise({2, kLineChannels, kTaps}, 3, 0.4);
  const Network network = line_network(filters);
  for (const char* kind : {"fft", "pixel", "laplacian"}) {
    RenderSettings settings = still(400);
    settings.parametrization = kind;
    const Picture picture = Renderer(network, {}, settings).render("neuron(conv:1,x=20) - 2*l2*l2", 0);
    ASSERT_EQ(picture.shape, (std::array<int64_t, 3>{kLineChannels, 1, kLength}));
    const at::Tensor found = stored_values(picture)[0].squeeze(1) - 0.5;
    at::Tensor wanted = at::zeros({kLineChannels, kLength});
    wanted.narrow(1, 20 - kTaps / 2, kTaps).copy_(filters[1] / 4);
    EXPECT_GT(cosine_between(found, wanted), 0.99) << kind;
    EXPECT_LT((found - wanted).abs().max().item<double>(), 0.02) << kind;
  }
}

TEST(LineInput, MovesAlongItselfAlone) {
  const Network network = line_network(noise({2, kLineChannels, kTaps}, 3, 0.4));
  RenderSettings settings = still(60);
  for (const char* transforms : {"jitter(pixels=6)", "pad/jitter(pixels=6)/scale", "mirror/blur/crop/noise"}) {
    settings.transforms = transforms;
    const Picture picture = Renderer(network, {}, settings).render("channel(relu:0)", 0);
    EXPECT_GT(picture.curve.back(), picture.curve.front()) << transforms;
    EXPECT_NE(picture.activation, picture.plain_activation) << transforms;
  }
  const Placement placement = TransformList("pad/jitter(pixels=6)/crop").draw(Rng(1), 1, kLength).placement;
  EXPECT_EQ(placement.y, 0);
  EXPECT_NE(placement.x, 0);
}

TEST(LineInput, PlacesAreColumnsOfOneRow) {
  const Network network = line_network(noise({2, kLineChannels, kTaps}, 3, 0.4));
  const Renderer renderer(network, {}, still(20));
  EXPECT_TRUE(renderer.render("patch(relu:1,x=3,w=5,h=1)", 0).started);
  EXPECT_TRUE(renderer.render("-channel(conv:0)", 0).started);
  EXPECT_NE(refusal(network, still(1), "neuron(conv:0,x=40)").find("lies outside"), std::string::npos);
  EXPECT_NE(refusal(network, still(1), "neuron(conv:0,y=1)").find("lies outside"), std::string::npos);
}

TEST(VectorInput, FindsTheBestCornerAndTheBestInnerPoint) {
  const at::Tensor weights = noise({3, kFeatures}, 5);
  Preprocessing range;
  range.low = -2;
  range.high = 3;
  RenderSettings settings = still(300);
  settings.parametrization = "pixel";
  settings.lr = 0.2;
  const Renderer renderer(vector_network(weights), range, settings);
  const Picture corner = renderer.render("logit(unit=1)", 0);
  const at::Tensor w = weights[1];
  const double best = (w.clamp_min(0) * 3 + w.clamp_max(0) * -2).sum().item<double>();
  EXPECT_NEAR(corner.activation, best, 0.02 * best);
  EXPECT_LT((stored_values(corner).view({-1}) - w.gt(0).to(at::kFloat)).abs().max().item<double>(), 0.02);

  const Picture inner = renderer.render("logit(unit=1) - 20*l2*l2", 0);
  EXPECT_LT((stored_values(inner).view({-1}) - (0.5 + 5 * w / 40)).abs().max().item<double>(), 1e-3);
  EXPECT_EQ(inner.image.height, 256);  // bars
}

// What is stored is what was measured: to the last bit, with no rounding to 8 bits in between.
TEST(AnyInput, ActivationIsThatOfTheStoredValues) {
  const at::Tensor filters = noise({2, kLineChannels, kTaps}, 3, 0.4), weights = noise({3, kFeatures}, 5);
  const auto check = [](const Network& network, const std::string& layer, const std::string& objective) {
    const Picture picture = Renderer(network, {}, still(25)).render(objective, 0);
    const std::unique_ptr<Executor> whole = make_executor(with_input_maps(network), {layer});
    const at::Tensor map = whole->run(stored_values(picture))[0].select(1, 1);
    EXPECT_FLOAT_EQ(picture.plain_activation, map.max().item<float>()) << objective;
    EXPECT_TRUE(std::isnan(picture.spectrum_slope));
    EXPECT_EQ(static_cast<int64_t>(picture.values.size()), picture.shape[0] * picture.shape[1] * picture.shape[2]);
  };
  check(line_network(filters), "conv", "channel(conv:1)");
  check(vector_network(weights), "score", "logit(unit=1)");
  check(deep_maps(), "conv", "channel(conv:1)");
}

TEST(MapsInput, FiveChannelsClimbMoveAndAreDrawn) {
  const Network network = deep_maps();
  RenderSettings settings;  // the standard transforms
  settings.steps = 60;
  settings.frames = {0, 60};
  const std::vector<uint64_t> keys = {0, 1};
  const std::vector<Picture> pictures = Renderer(network, {}, settings).render("channel(relu:2)", keys);
  const Picture& picture = pictures[0];
  EXPECT_EQ(picture.shape, (std::array<int64_t, 3>{5, 12, 12}));
  EXPECT_GT(picture.curve.back(), picture.curve.front());
  EXPECT_EQ(picture.image.width, 3 * 12 + 4 * 2);
  EXPECT_TRUE(picture.frames[1].image == picture.image);
  EXPECT_NE(pictures[1].values, picture.values);
}

// Four channels are no picture with opacity.
TEST(MapsInput, TheFourthChannelIsSeen) {
  at::Tensor weight = at::zeros({1, 4, 1, 1});
  weight[0][3] = 1;
  const Network network = Chain({-1, 4, 8, 8}).conv("conv", weight, at::zeros({1})).network();
  const std::vector<uint64_t> keys = {0, 1};
  const std::vector<Picture> pictures = Renderer(network, {}, still(120)).render("channel(conv:0)", keys);
  const at::Tensor values = stored_values(pictures[0])[0];
  EXPECT_GT(values[3].mean().item<double>(), 0.8);
  EXPECT_NEAR(values[0].mean().item<double>(), 0.5, 0.02);
  EXPECT_NEAR(pictures[0].plain_activation, values[3].max().item<double>(), 1e-6);
}

TEST(AnyInput, RefusesWhatOnlyPicturesHave) {
  const Network line = line_network(noise({2, kLineChannels, kTaps}, 3)), vector = vector_network(noise({3, 12}, 5));
  const auto with = [](auto change) {
    RenderSettings settings = still(1);
    change(settings);
    return settings;
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(refusal(line, with([](auto& s) { s.size = 64; })), "size: "));
  EXPECT_TRUE(has(refusal(vector, with([](auto& s) { s.grow = {8}; })), "grow: "));
  EXPECT_TRUE(has(refusal(deep_maps(), with([](auto& s) { s.start = "a.png"; })), "start: "));
  EXPECT_TRUE(has(refusal(line, with([](auto& s) { s.transforms = "jitter/rotate"; })), "\"rotate\" makes no sense"));
  EXPECT_TRUE(has(refusal(vector, with([](auto& s) { s.transforms = "jitter"; })), "there are noise, none"));
  EXPECT_TRUE(has(refusal(line, with([](auto& s) { s.parametrization = "fft(alpha=true)"; })), "opacity"));
  EXPECT_TRUE(has(refusal(vector, still(1), "tensor(score,image=a.png)"), "a.png"));
  const testing::ObjectiveFiles files;
  EXPECT_TRUE(has(refusal(vector, still(1), "tensor(score,image=" + files.image_file() + ")"), "takes no pictures"));
  EXPECT_EQ(refusal(vector, with([](auto& s) { s.transforms = "noise"; }), "logit(unit=0)"), "nothing was refused");
}

TEST(AnyInput, SettingsAreSuitedAndToldOf) {
  std::string note;
  EXPECT_EQ(suited({}, InputForm::kMaps, note).transforms, "lucid");
  EXPECT_EQ(note, "");
  const RenderSettings line = suited({}, InputForm::kLine, note);
  EXPECT_EQ(line.transforms, "none");
  EXPECT_EQ(line.parametrization, "fft");
  EXPECT_NE(note.find("`transforms` none"), std::string::npos);
  RenderSettings chosen;
  chosen.transforms = "noise";
  chosen = suited(chosen, InputForm::kVector, note);
  EXPECT_EQ(chosen.transforms, "noise");
  EXPECT_EQ(chosen.parametrization, "pixel");
  EXPECT_EQ(note.find("transforms"), std::string::npos);
}

}  // namespace
}  // namespace microtome
