// SPDX-License-Identifier: Apache-2.0
// How many real pictures real networks name rightly, against counts that an independent runtime gave for the same
// pictures. Skipped where they are absent; minutes long, so it is an executable of its own.
#include <ATen/ATen.h>

#include <fstream>
#include <sstream>

#include "microtome/image/codec.h"
#include "microtome/image/resize.h"
#include "microtome/network/classify.h"
#include "microtome/network/formats/formats_testing.h"

namespace microtome {
namespace {

struct Sample {
  int64_t index;  // of the class, in the order of the wnids
  std::string wnid;
  std::string file;
};

std::vector<Sample> imagenet_samples() {
  const std::string folder = shared_path("datasets/imagenet-samples/");
  std::ifstream table(folder + "index.tsv");
  std::vector<Sample> samples;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream row(line);
    std::string index, wnid, name, file;
    std::getline(row, index, '\t');
    std::getline(row, wnid, '\t');
    std::getline(row, name, '\t');
    std::getline(row, file, '\t');
    samples.push_back({std::stoll(index), wnid, folder + file});
  }
  return samples;
}

std::vector<std::string> labels_of(const std::string& model) {
  std::ifstream file(shared_path("models/" + model + "/labels.txt"));
  std::vector<std::string> labels;
  for (std::string line; std::getline(file, line);) labels.push_back(line);
  return labels;
}

struct Score {
  int top1 = 0, top5 = 0;
};

// By wnid, as orders of classes differ; `prepare` makes the picture that is classified.
Score score(const Classifier& classifier, const std::vector<std::string>& labels, Image (*prepare)(Image)) {
  use_one_kernel_thread();
  Score result;
  for (const Sample& sample : imagenet_samples()) {
    const auto guesses = likeliest(classifier.probabilities(prepare(load_image(sample.file))), 5);
    for (size_t rank = 0; rank < guesses.size(); ++rank) {
      if (labels.at(static_cast<size_t>(guesses[rank].index)).find(sample.wnid) == std::string::npos) continue;
      result.top1 += rank == 0;
      ++result.top5;
    }
  }
  return result;
}

Image as_it_is(Image image) { return image; }
Image crop_then_scale(Image image) { return resize_bilinear(crop_center(image, 224), 128, 128); }

struct Case {
  const char* test;
  const char* model;
  const char* file;
  const char* preset;
  int resize_short;
  Image (*prepare)(Image);
  int top1, top5;
};

class PicturesTest : public testing::TestWithParam<Case> {};

TEST_P(PicturesTest, NamesAsManyRightly) {
  const Case& c = GetParam();
  const std::string file = shared_path(std::string("models/") + c.model + "/" + c.file);
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const Network network = load_network(file);
  PreprocessingRequest request = asking({{&PreprocessingRequest::preset, c.preset}});
  request.resize_short = c.resize_short;
  const Classifier classifier(network, parse_preprocessing(request, {}));
  const Score found = score(classifier, labels_of(c.model), c.prepare);
  EXPECT_NEAR(found.top1, c.top1, 1);
  EXPECT_NEAR(found.top5, c.top5, 2);
  RecordProperty("top1", found.top1);
  std::printf("%s: top-1 %d, top-5 %d of 300\n", c.test, found.top1, found.top5);
}

INSTANTIATE_TEST_SUITE_P(
    Real, PicturesTest,
    testing::Values(
        Case{"googlenet", "googlenet", "googlenet.onnx", "caffe-bgr", 0, as_it_is, 228, 276},
        // A crop of 227 from 256, as the counts were made; the default would scale to 259 first.
        Case{"squeezenet", "squeezenet1.1_fp32", "squeezenet1.1_fp32.onnx", "caffe-bgr", 256, as_it_is, 186, 253},
        Case{"squeezenet_fp16", "squeezenet_fp16_published", "SqueezeNet_fp16.onnx", "caffe-bgr", 0, as_it_is, 189,
             247},
        Case{"darknet", "darknet_tiny", "darknet_tiny.onnx", "raw", 0, as_it_is, 199, 262},
        // The counts were made on a crop of 224 scaled to 128.
        Case{"mobilenet", "mobilenet_v1_0.25_128", "mobilenet_v1_0.25_128.onnx", "tf", 128, crop_then_scale, 133, 219}),
    [](const auto& instance) { return std::string(instance.param.test); });

}  // namespace
}  // namespace microtome
