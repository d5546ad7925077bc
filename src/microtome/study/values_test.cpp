// SPDX-License-Identifier: Apache-2.0
// Networks that take no pictures, from the request to the exported values.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/exchange/testing/exported.h"
#include "microtome/image/codec.h"
#include "microtome/network/builder.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/study/render_pictures.h"
#include "microtome/study/source.h"
#include "microtome/study/survey_plan.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLength = 24;

// Two filters of three taps, "linear", and their rectified values "unit".
Source signal_source() {
  GraphBuilder graph;
  const std::vector<int64_t> kernel = {3}, pads = {1, 1};
  const at::Tensor weight = at::tensor({1.F, -1.F, 0.5F, 0.F, 2.F, -1.F}).reshape({2, 1, 3});
  const ValueIndex input = graph.input("signal", {-1, 1, kLength});
  const ValueIndex linear = graph.node("Conv", "linear", {input, graph.constant("weight", weight)},
                                       {{"kernel_shape", kernel}, {"pads", pads}});
  Network::Facts facts;
  facts.name = "signals";
  facts.format = "memory";
  return {Network(graph.finish({graph.relu("unit", linear)}), facts), {}, true, {}};
}

class ValuesTest : public ::testing::Test {
 protected:
  ValuesTest() : source_(signal_source()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    request_.render.steps = 12;
    request_.layers = {"unit"};
    request_.signs = "both";
    request_.threads = 1;
  }
  ~ValuesTest() override { fs::remove_all(folder_); }

  PicturePlan plan(const std::vector<int64_t>& units = {0, 1}) const {
    return plan_pictures(source_, {{"unit", units}}, request_);
  }

  // Renders into a file of this name and gives the content hash.
  std::string run(const std::string& name, const std::vector<int64_t>& units) {
    Atlas atlas = Atlas::open(folder_ + "/" + name, Atlas::Mode::kCreateOrWrite);
    AtlasLayer layer;
    layer.name = "unit";
    layer.op = "Relu";
    layer.shape = {2, kLength};
    layer.units = 2;
    layer.receptive_field = Json::object();
    atlas.put_network({source_.network.facts().hash, "memory", "signals", Json::object(), {}}, {layer});
    render_pictures(plan(units), request_, atlas, *make_silent_reporter());
    pictures_ = atlas.pictures("unit", -1, Detail::kFull);
    return atlas.content_hash();
  }

  const std::string folder_ = ::testing::TempDir() + "microtome_values_test";
  Source source_;
  PictureRequest request_;
  std::vector<AtlasPicture> pictures_;
};

TEST_F(ValuesTest, WhatIsStoredIsWhatWasMeasured) {
  run("values.atlas", {0, 1});
  ASSERT_EQ(pictures_.size(), 4U);
  const auto executor = make_executor(source_.network, {"unit", "linear"});
  for (const AtlasPicture& picture : pictures_) {
    EXPECT_EQ(picture.facts.shape, std::vector<int64_t>({1, 1, kLength}));
    EXPECT_FALSE(picture.facts.size);
    ASSERT_EQ(std::ssize(picture.values), kLength);
    const std::vector<at::Tensor> taps = executor->run(at::tensor(picture.values).reshape({1, 1, kLength}));
    const bool up = picture.sign == Sign::kPositive;
    const at::Tensor map = up ? taps[0][0][picture.unit] : -taps[1][0][picture.unit];
    EXPECT_FLOAT_EQ(static_cast<float>(picture.activation), map.max().item<float>()) << picture.objective;
    EXPECT_EQ(picture.activation, picture.facts.plain_activation);  // nothing moves by itself
    EXPECT_EQ(decode_image(picture.png, "drawing").width, picture.width);
  }
}

TEST_F(ValuesTest, TakenUpAgainTheyAreTheSame) {
  const std::string whole = run("whole.atlas", {0, 1});
  run("resumed.atlas", {1});
  EXPECT_EQ(run("resumed.atlas", {0, 1}), whole);
}

TEST_F(ValuesTest, AreExported) {
  run("values.atlas", {0});
  const Atlas atlas = Atlas::open(folder_ + "/values.atlas", Atlas::Mode::kRead);
  exported("images", atlas, folder_ + "/out");
  const NpyFloats values = parse_npy(read_file(folder_ + "/out/unit/0000+.values.npy"), "values");
  EXPECT_EQ(values.shape, (std::vector<int64_t>{1, 1, kLength}));
  EXPECT_EQ(values.values, pictures_[0].values);
}

TEST_F(ValuesTest, ThePlanSaysWhatItChangedAndRefusesTheRest) {
  EXPECT_EQ(plan().settings.transforms, "none");
  EXPECT_NE(plan().note.find("`transforms` none"), std::string::npos);
  EXPECT_EQ(plan().provenance.settings["transforms"], "none");
  request_.transfer = "other.onnx";
  EXPECT_THROW(plan(), Error);
  request_.transfer.clear();
  request_.render.size = 32;
  EXPECT_THROW(plan(), Error);
}

TEST_F(ValuesTest, ANetworkThatIsNotSquareIsOpened) {
  GraphBuilder graph;
  const ValueIndex input = graph.input("x", {-1, 3, 24, 40});
  const Network network(graph.finish({graph.relu("unit", graph.conv("c", input, at::ones({2, 3, 3, 3}), {}))}), {});
  NetworkArguments arguments;
  arguments.file = folder_ + "/wide.safetensors";
  save_network(network, arguments.file);
  const Source source = open_source(arguments);
  EXPECT_EQ(source.network.height(), 24);
  EXPECT_EQ(source.network.width(), 40);
  EXPECT_EQ(survey_layer(source.network, {"unit", {0}}, 1).map_width, 38);
  arguments.preprocess = "raw:24";
  EXPECT_THROW(open_source(arguments), Error);
}

TEST_F(ValuesTest, ALayerOfTokensIsDissectedAsAGrid) {
  const auto longs = [](const std::vector<int64_t>& values) { return at::tensor(values, at::kLong); };
  GraphBuilder graph;
  const ValueIndex patches =
      graph.conv("p", graph.input("x", {-1, 3, 4, 8}), at::ones({5, 3, 2, 2}), {}, {.stride = 2});
  const ValueIndex flat = graph.node("Reshape", "flat", {patches, graph.constant("shape", longs({0, 5, 8}))});
  const std::vector<int64_t> order = {0, 2, 1};
  const Network network(graph.finish({graph.node("Transpose", "tokens", {flat}, {{"perm", order}})}), {});
  try {
    survey_layer(network, {"tokens", {0}}, 1);
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("2 x 4: tokens~grid"), std::string::npos) << error.what();
  }
}

TEST_F(ValuesTest, CannotBeDissected) {
  try {
    survey_layer(source_.network, {"unit", {0}}, 1);
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("takes no pictures"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace microtome
