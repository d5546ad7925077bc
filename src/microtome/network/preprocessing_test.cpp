// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/preprocessing.h"

#include <ATen/ATen.h>

#include <limits>

#include "microtome/image/resize.h"
#include "microtome/network/builder.h"
#include "microtome/network/classify.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/testing/small_onnx.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;
using Request = PreprocessingRequest;

Preprocessing preset(const std::string& text) { return parse_preprocessing(asking({{&Request::preset, text}}), {}); }

std::string complaint(const PreprocessingRequest& request) {
  const auto [kind, text] = error_of([&] { parse_preprocessing(request, {}); });
  EXPECT_EQ(kind, ErrorKind::kUsage);
  return text;
}

// One pixel (R,G,B) through a preset.
std::vector<float> pixel(const Preprocessing& p, uint8_t r, uint8_t g, uint8_t b, int channels = 3) {
  Image image(1, 1);
  image.pixels = {r, g, b};
  const at::Tensor out = to_input(image, p, channels, 1, 1);
  return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
}

void expect_pixel(const std::vector<float>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-5 * std::max(1.0, std::abs(expected[i])));
}

TEST(Preprocessing, PresetsSayWhatPapersSay) {
  expect_pixel(pixel(preset("torchvision"), 255, 0, 51), {(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225});
  expect_pixel(pixel(preset("caffe-bgr"), 255, 7, 51), {51 - 104, 7 - 117, 255 - 123});
  expect_pixel(pixel(preset("tf"), 255, 0, 51), {1, -1, 51 / 127.5 - 1});
  expect_pixel(pixel(preset("raw"), 255, 0, 51), {1, 0, 0.2});
  expect_pixel(pixel(preset("yolo"), 255, 0, 51), {1, 0, 0.2});
  expect_pixel(pixel(preset("clip"), 255, 0, 51),
               {(1 - 0.48145466) / 0.26862954, -0.4578275 / 0.26130258, (0.2 - 0.40821073) / 0.27577711});
  expect_pixel(pixel(preset("inception-5h"), 255, 0, 51), {138, -117, -66});
  expect_pixel(pixel(preset("raw"), 255, 0, 51, 1), {0.299 + 0.114 * 0.2});
}

TEST(Preprocessing, RequestsAddToPresetOrStored) {
  EXPECT_EQ(preset("tf:128").side, 128);
  EXPECT_EQ(preset("tf:128").name, "tf");
  const Preprocessing stored{.name = "stored", .low = 0, .high = 255, .mean = {1, 2, 3}, .deviation = {}, .side = 64};
  EXPECT_EQ(parse_preprocessing({}, stored).name, "stored");
  EXPECT_EQ(parse_preprocessing({}, stored).side, 64);
  EXPECT_EQ(parse_preprocessing({}, {}).name, "raw");
  const Preprocessing custom = parse_preprocessing({.preset = "raw",
                                                    .mean = "123,117,104",
                                                    .deviation = "58,57,57.5",
                                                    .range = "0,255",
                                                    .order = "bgr",
                                                    .resize_short = 300},
                                                   stored);
  EXPECT_EQ(custom.name, "custom");
  EXPECT_EQ(custom.high, 255);
  EXPECT_EQ(custom.deviation, (std::vector<double>{58, 57, 57.5}));
  EXPECT_TRUE(custom.bgr);
  EXPECT_EQ(custom.resize_short, 300);
  PreprocessingRequest resize;
  resize.resize_short = 300;
  EXPECT_EQ(parse_preprocessing(resize, stored).name, "stored");
}

TEST(Preprocessing, RefusesWhatItCannotRead) {
  EXPECT_THAT(complaint(asking({{&Request::preset, "caffe"}})),
              ::testing::AllOf(HasSubstr("torchvision, caffe-bgr, tf, raw"), HasSubstr("nearest")));
  EXPECT_THAT(complaint(asking({{&Request::preset, "tf:big"}})), HasSubstr("number of pixels"));
  EXPECT_THAT(complaint(asking({{&Request::preset, "tf:0"}})), HasSubstr("number of pixels"));
  EXPECT_THAT(complaint(asking({{&Request::mean, "1,2"}})), HasSubstr("has 2 numbers"));
  EXPECT_THAT(complaint(asking({{&Request::mean, "1,,2"}})), HasSubstr("list of numbers"));
  EXPECT_THAT(complaint(asking({{&Request::deviation, "1,0,1"}})), HasSubstr("not above 0"));
  EXPECT_THAT(complaint(asking({{&Request::range, "1,0"}})), HasSubstr("LOW,HIGH"));
  EXPECT_THAT(complaint(asking({{&Request::order, "grb"}})), HasSubstr("rgb"));
  EXPECT_THAT(error_of([] { pixel(preset("torchvision"), 1, 2, 3, 1); }).second, HasSubstr("mean of 3 channels"));
}

TEST(Preprocessing, NormalizeIsDifferentiable) {
  const at::Tensor image = at::full({2, 3, 4, 4}, 0.5, at::kDouble).requires_grad_(true);
  normalize(image, preset("torchvision")).sum().backward();
  const at::Tensor slope = image.grad().select(2, 0).select(2, 0)[0];
  EXPECT_TRUE(at::allclose(slope, 1 / at::tensor({0.229, 0.224, 0.225}, at::kDouble)));
}

TEST(Preprocessing, ScalesTheWholePicture) {
  Image image(6, 4);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(7 * i);
  const Image small = resize_bilinear(image, 3, 2);
  const at::Tensor input = to_input(image, preset("raw"), 3, 2, 3);
  EXPECT_EQ(input.sizes(), at::IntArrayRef({1, 3, 2, 3}));
  EXPECT_FLOAT_EQ(input[0][2][1][0].item<float>(), static_cast<float>(small.at(0, 1)[2]) / 255);
}

TEST(Classify, CropsTheCentreAndEndsInProbabilities) {
  onnx::ModelProto model = small_model();
  const auto network = [&] {
    return network_from_bytes({"small.onnx", std::make_shared<const std::string>(model.SerializeAsString())});
  };
  const Classifier logits(network(), preset("raw"));
  Image image(30, 9);  // 9 * 8 / (8 * 256 / 224) = 7.9: the centre 8 x 8, no scaling
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * i);
  EXPECT_TRUE(logits.input(image).equal(to_input(crop_center(image, 8), preset("raw"), 3, 8, 8)));
  Preprocessing whole = preset("raw");
  whole.resize_short = 18;  // a whole number: scaled first
  EXPECT_TRUE(Classifier(network(), whole)
                  .input(image)
                  .equal(to_input(crop_center(resize_bilinear(image, 60, 18), 8), preset("raw"), 3, 8, 8)));
  const std::vector<float> p = logits.probabilities(image);
  ASSERT_EQ(p.size(), 5u);
  EXPECT_NEAR(p[0] + p[1] + p[2] + p[3] + p[4], 1, 1e-5);

  // A network that ends in a softmax is not given a second one.
  auto& softmax = *model.mutable_graph()->add_node();
  softmax.set_op_type("Softmax");
  softmax.add_input("logits");
  softmax.add_output("probabilities");
  model.mutable_graph()->mutable_output(0)->set_name("probabilities");
  const std::vector<float> q = Classifier(network(), preset("raw")).probabilities(image);
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], q[i], 1e-6);

  Preprocessing small = preset("raw");
  small.resize_short = 4;
  EXPECT_THAT(error_of([&] { Classifier(network(), small).input(image); }).second, HasSubstr("below the 8 pixels"));
  EXPECT_EQ(error_of([&] { Classifier(network(), preset("raw:16")); }).first, ErrorKind::kUsage);
}

TEST(Classify, NamesTheFirstLayerThatIsNotFinite) {
  const auto refusal = [](const at::Tensor& second) {
    GraphBuilder b;
    ValueIndex x = b.input("x", {-1, 3, 8, 8});
    x = b.relu("r1", b.conv("c1", x, at::ones({4, 3, 3, 3}), {}));
    x = b.conv("c2", x, second, {});
    x = b.flatten("flat", b.global_average_pool("pool", b.relu("r2", x)));
    const Network network(b.finish({x}), {});
    return error_of([&] { Classifier(network, preset("raw")).probabilities(Image(8, 8)); });
  };
  at::Tensor weight = at::ones({5, 4, 3, 3});
  weight.view(-1)[7].fill_(std::numeric_limits<float>::quiet_NaN());
  const auto [kind, text] = refusal(weight);
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, ::testing::AllOf(HasSubstr("layer \"c2\""), HasSubstr("weights \"c2.weight\"")));
}

TEST(Classify, RefusesWhatGivesNoClasses) {
  GraphBuilder maps, channels;
  ValueIndex x = maps.input("x", {-1, 3, 8, 8});
  const ValueIndex grid = maps.conv("c", x, at::ones({4, 3, 3, 3}), {});
  const ValueIndex shape = maps.constant("shape", at::tensor(std::vector<int64_t>{0, 4, 36}, at::kLong));
  const Network detector(maps.finish({maps.node("Reshape", "boxes", {grid, shape})}), {});
  EXPECT_THAT(error_of([&] { Classifier(detector, preset("raw")); }).second,
              ::testing::AllOf(HasSubstr("gives [4,36]"), HasSubstr("detection")));
  x = channels.input("x", {-1, 5, 8, 8});
  x = channels.flatten("flat", channels.global_average_pool("pool", x));
  const Network five(channels.finish({x}), {});
  EXPECT_THAT(error_of([&] { Classifier(five, preset("raw")); }).second, HasSubstr("takes 5 channels"));
}

TEST(Classify, LikeliestFirstAndTiesByIndex) {
  const float p[] = {0.1F, 0.3F, 0.1F, 0.5F};
  const auto guesses = likeliest(p, 3);
  ASSERT_EQ(guesses.size(), 3u);
  EXPECT_EQ(guesses[0].index, 3);
  EXPECT_EQ(guesses[1].index, 1);
  EXPECT_EQ(guesses[2].index, 0);
  EXPECT_EQ(likeliest(p, 9).size(), 4u);
  EXPECT_TRUE(likeliest(p, 0).empty());
}

// A network that classifies positions: class 1 where a picture is bright, else class 0.
TEST(Classify, GivesSharesOfPositionsForMapsOfClasses) {
  GraphBuilder b;
  const at::Tensor weight = at::zeros({3, 1, 1, 1});
  weight[1].fill_(2);
  const at::Tensor bias = at::tensor({0.0F, -1.0F, -9.0F});
  const Network network(b.finish({b.conv("map", b.input("x", {-1, 1, 8, 8}), weight, bias)}), {});
  const Classifier classifier(network, preset("raw"));
  EXPECT_TRUE(classifier.by_position());
  Image image(8, 8);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) std::fill_n(image.pixels.begin() + 3 * (8 * y + x), 3, x < 2 ? 255 : 0);
  }
  Preprocessing exact = preset("raw");
  exact.resize_short = 8;
  EXPECT_EQ(Classifier(network, exact).probabilities(image), (std::vector<float>{0.75F, 0.25F, 0}));
}

}  // namespace
}  // namespace microtome
