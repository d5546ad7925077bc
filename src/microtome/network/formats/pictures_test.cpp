// SPDX-License-Identifier: Apache-2.0
// How many real pictures real networks name rightly, against counts that an independent runtime gave for the same
// pictures. Skipped where they are absent; minutes long, so it is an executable of its own.
#include <ATen/ATen.h>

#include <fstream>
#include <sstream>

#include "microtome/image/codec.h"
#include "microtome/network/classify.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/load.h"
#include "microtome/network/threads.h"

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

// By wnid, as orders of classes differ.
Score score(const Classifier& classifier, const std::vector<std::string>& labels) {
  use_one_kernel_thread();
  Score result;
  for (const Sample& sample : imagenet_samples()) {
    const auto guesses = likeliest(classifier.probabilities(load_image(sample.file)), 5);
    for (size_t rank = 0; rank < guesses.size(); ++rank) {
      if (labels.at(static_cast<size_t>(guesses[rank].index)).find(sample.wnid) == std::string::npos) continue;
      result.top1 += rank == 0;
      ++result.top5;
    }
  }
  return result;
}

struct Case {
  const char* test;
  const char* model;
  const char* file;
  const char* preset;
  int resize_short;
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
  const Score found = score(classifier, labels_of(c.model));
  EXPECT_NEAR(found.top1, c.top1, 1);
  EXPECT_NEAR(found.top5, c.top5, 2);
  RecordProperty("top1", found.top1);
  std::printf("%s: top-1 %d, top-5 %d of 300\n", c.test, found.top1, found.top5);
}

INSTANTIATE_TEST_SUITE_P(
    Real, PicturesTest,
    testing::Values(Case{"googlenet", "googlenet", "googlenet.onnx", "caffe-bgr", 0, 228, 276},
                    // A crop of 227 from 256, as the counts were made; the default takes a crop of 224.
                    Case{"squeezenet", "squeezenet1.1_fp32", "squeezenet1.1_fp32.onnx", "caffe-bgr", 256, 186, 253},
                    Case{"squeezenet_fp16", "squeezenet_fp16_published", "SqueezeNet_fp16.onnx", "caffe-bgr", 0, 189,
                         247},
                    Case{"darknet", "darknet_tiny", "darknet_tiny.onnx", "raw", 0, 199, 262},
                    Case{"mobilenet", "mobilenet_v1_0.25_128", "mobilenet_v1_0.25_128.onnx", "tf", 0, 133, 219}),
    [](const auto& instance) { return std::string(instance.param.test); });

// How many of these inputs in 0..1 the network gives the right class.
int64_t right(const Network& network, const std::string& preset, const at::Tensor& images, const at::Tensor& classes) {
  const Preprocessing preprocessing = parse_preprocessing(asking({{&PreprocessingRequest::preset, preset}}), {});
  const auto executor = make_executor(network, {network.output_layer().name});
  const at::Tensor found =
      executor->run(normalize(images, preprocessing)).at(0).reshape({images.size(0), -1}).argmax(1);
  return found.eq(classes).sum().item<int64_t>();
}

// The bytes of a file from `skip` on, as rows of `row` numbers.
at::Tensor byte_rows(const std::string& path, int64_t skip, int64_t row) {
  const std::string bytes = read_file(path);
  const int64_t rows = (static_cast<int64_t>(bytes.size()) - skip) / row;
  return at::from_blob(const_cast<char*>(bytes.data()) + skip, {rows, row}, at::kByte).clone();
}

TEST(SmallPictures, CifarTrainingPicturesAreKnown) {
  const std::string file = shared_path("models/cifar10_resnet20/cifar10_resnet20.onnx");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const at::Tensor records = byte_rows(shared_path("datasets/cifar10-lossless/cifar10_1000.bin"), 0, 3073);
  const at::Tensor images = records.slice(1, 1).reshape({-1, 3, 32, 32}).to(at::kFloat) / 255;
  EXPECT_GE(right(load_network(file), "torchvision", images, records.select(1, 0)), 980);
}

// 98.2 % were measured on a wider sample of these digits.
TEST(SmallPictures, DigitsAreKnown) {
  const std::string file = shared_path("models/mnist_lenet5/mnist_lenet5.onnx");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const at::Tensor rows = byte_rows(shared_path("datasets/mnist-2000/images-idx3-ubyte"), 16, 28 * 28);
  const at::Tensor digits = at::constant_pad_nd(rows.reshape({-1, 1, 28, 28}).to(at::kFloat) / 255, {2, 2, 2, 2});
  const at::Tensor classes = byte_rows(shared_path("datasets/mnist-2000/labels-idx1-ubyte"), 8, 1).select(1, 0);
  const at::Tensor images = (digits - 0.1307) / 0.3081;
  EXPECT_NEAR(static_cast<double>(right(load_network(file), "raw", images, classes)) / 2000, 0.982, 0.01);
}

// 85.6, 77.8 and 84.4 % were measured on 500 drawings each; here all 1000.
TEST(SmallPictures, DoodlesAreKnown) {
  const std::string file = shared_path("models/doodlenet/doodlenet.onnx");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const Network network = load_network(file);
  const std::vector<std::string> labels = labels_of("doodlenet");
  const std::pair<const char*, double> expected[] = {{"bowtie", 0.856}, {"lollipop", 0.778}, {"rainbow", 0.844}};
  for (const auto& [name, share] : expected) {
    const NpyFloats drawings =
        parse_npy(read_file(shared_path(std::string("datasets/doodles/") + name + "_1000.npy")), name);
    const at::Tensor images = at::tensor(drawings.values).view({-1, 1, 28, 28}) / 255;
    const auto index = std::find(labels.begin(), labels.end(), name) - labels.begin();
    const int64_t found = right(network, "raw", images, at::full({images.size(0)}, index, at::kLong));
    EXPECT_NEAR(static_cast<double>(found) / static_cast<double>(images.size(0)), share, 0.04) << name;
  }
}

}  // namespace
}  // namespace microtome
