// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/check_range.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/concepts/diorama/diorama.h"
#include "microtome/study/study_testing.h"

namespace microtome {
namespace {

constexpr int kClasses = 12, kInputSide = 32;

// Takes the class whose colour the mean of the picture is nearest to, on values that a preprocessing makes of it:
// logits 2 x t - t t, sharpened. The output is [C], or [C,1,1] of a classifier that is a convolution to its end.
Network colour_classifier(const Preprocessing& right, const std::vector<Image>& images, bool flat) {
  std::vector<float> weight, bias;
  for (const Image& image : images) {
    const at::Tensor t = to_input(image, right, 3, kInputSide, kInputSide).mean({2, 3})[0].to(at::kDouble);
    const double sharp = 400 / ((right.high - right.low) * (right.high - right.low));
    for (int c = 0; c < 3; ++c) weight.push_back(static_cast<float>(2 * sharp * t[c].item<double>()));
    bias.push_back(static_cast<float>(-sharp * t.square().sum().item<double>()));
  }
  GraphBuilder graph;
  const ValueIndex input = graph.input("input", {-1, 3, kInputSide, kInputSide});
  const ValueIndex pooled = graph.global_average_pool("pool", input);
  const at::Tensor rows = at::tensor(weight).reshape({std::ssize(images), 3});
  if (!flat) {
    const at::Tensor kernels = rows.reshape({std::ssize(images), 3, 1, 1});
    return Network(graph.finish({graph.conv("fc", pooled, kernels, at::tensor(bias))}), {});
  }
  const ValueIndex mean = graph.flatten("flat", pooled);
  return Network(graph.finish({graph.softmax("prob", graph.gemm("fc", mean, rows, at::tensor(bias)))}), {});
}

// Pictures of a colour each, brighter at the rim, so that a part of one is not the whole.
std::vector<Image> coloured_images() {
  std::vector<Image> images;
  for (int i = 0; i < kClasses; ++i) {
    Image image(40, 40);
    for (int y = 0; y < 40; ++y) {
      for (int x = 0; x < 40; ++x) {
        const int more = (x < 2 || y < 2 || x > 37 || y > 37) ? 12 : 0;
        for (int c = 0; c < 3; ++c)
          image.at(x, y)[c] = static_cast<uint8_t>(30 + more +
                                                   100 * (c == 0   ? i % 3
                                                          : c == 1 ? i / 3 % 2 * 2
                                                                   : i / 6 * 2));
      }
    }
    images.push_back(std::move(image));
  }
  return images;
}

at::Tensor drawn(std::vector<int64_t> shape, uint64_t seed, double deviation) {
  at::Tensor out = at::empty(shape);
  Rng rng(seed, "untrained");
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<float>()[i] = static_cast<float>(deviation * rng.normal());
  return out;
}

Network untrained(uint64_t seed) {
  GraphBuilder graph;
  ValueIndex value = graph.input("input", {-1, 3, kInputSide, kInputSide});
  int64_t units = 3;
  for (const char* name : {"conv1", "conv2", "conv3"}) {
    const int64_t wide = seed % 2 == 0 ? 8 : 16;
    const double deviation = std::sqrt(2.0 / (9 * static_cast<double>(units)));
    value = graph.relu(
        std::string(name) + "/relu",
        graph.conv(name, value, drawn({wide, units, 3, 3}, seed * 10 + static_cast<uint64_t>(units), deviation),
                   drawn({wide}, seed * 10 + 7, seed % 3 == 0 ? 0.1 : 0), {.stride = 2, .pad = 1}));
    units = wide;
  }
  const ValueIndex flat = graph.flatten("flat", graph.global_average_pool("pool", value));
  const at::Tensor rows = drawn({kClasses, units}, seed * 10 + 8, 1 / std::sqrt(static_cast<double>(units)));
  return Network(graph.finish({graph.gemm("fc", flat, rows, at::zeros({kClasses}))}), {});
}

Preprocessing preset(const std::string& name, const std::string& range = "") {
  Preprocessing p = parse_preprocessing({.preset = name, .mean = {}, .deviation = {}, .range = range, .order = {}}, {});
  p.side = kInputSide;
  return p;
}

std::vector<std::string> warnings_of(const Network& network, const Preprocessing& in_use,
                                     const std::vector<Image>& images) {
  ::microtome::testing::KeptWarnings warnings;
  check_range({network, in_use, true, {}}, images, 1, warnings);
  return warnings.texts;
}

TEST(CheckRange, NamesTheRangeThatANetworkWasMadeFor) {
  const std::vector<Image> images = coloured_images();
  const std::vector<std::pair<Preprocessing, std::string>> rows = {{preset("caffe-bgr"), "preprocess` caffe-bgr"},
                                                                   {preset("raw"), "preprocess` raw"},
                                                                   {preset("raw", "0,255"), "`range` 0,255"}};
  for (const auto& [right, words] : rows) {
    const Network network = colour_classifier(right, images, true);
    EXPECT_TRUE(warnings_of(network, right, images).empty()) << words;
    const Preprocessing wrong = right.high > 1 ? preset("torchvision") : preset("caffe-bgr");
    for (const Network& either : {network, colour_classifier(right, images, false)}) {
      const std::vector<std::string> said = warnings_of(either, wrong, images);
      ASSERT_EQ(said.size(), 1U) << words;
      EXPECT_NE(said[0].find(words), std::string::npos) << said[0];
    }
    const std::vector<Image> few(images.begin(), images.begin() + 5);
    EXPECT_TRUE(warnings_of(network, wrong, few).empty()) << "five images say nothing";
  }
}

TEST(CheckRange, SaysNothingOfUntrainedNetworks) {
  std::vector<Image> images;
  for (int64_t i = 0; i < kProbedImages; ++i)
    images.push_back(diorama::draw_diorama(diorama::describe_diorama(3, i), 64));
  for (uint64_t seed = 0; seed < 17; ++seed) {
    const Network network = untrained(seed);
    for (const char* name : {"caffe-bgr", "torchvision", "tf", "raw"}) {
      const auto said = warnings_of(network, preset(name), images);
      EXPECT_TRUE(said.empty()) << seed << " " << name << ": " << said.front();
    }
  }
}

}  // namespace
}  // namespace microtome
