// SPDX-License-Identifier: Apache-2.0
// Real networks against the outputs that an independent runtime gave for the same inputs. Skipped where they are
// absent.
#include <ATen/ATen.h>

#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

struct Golden {
  const char* name;
  const char* file;
  const char* preset;
};

class GoldenTest : public testing::TestWithParam<Golden> {};

at::Tensor tensor_of(const std::string& npy) {
  const NpyFloats array = parse_npy(npy, "golden.npz");
  return at::tensor(array.values).view(array.shape);
}

// [N,C,H,W] in 0..1: the archive's pictures [N,H,W,3], or the first 16 of the CIFAR set, planes R G B.
at::Tensor pictures(const std::map<std::string, std::string>& archive) {
  const auto own = archive.find("image_rgb_u8.npy");
  if (own != archive.end()) return tensor_of(own->second).permute({0, 3, 1, 2}).contiguous() / 255;
  const std::string bytes = read_file(shared_path("datasets/cifar10-lossless/cifar10_1000.bin"));
  constexpr int64_t kCount = 16, kRecord = 1 + 3 * 32 * 32;
  const at::Tensor records = at::from_blob(const_cast<char*>(bytes.data()), {kCount, kRecord}, at::kByte);
  return records.slice(1, 1).reshape({kCount, 3, 32, 32}).to(at::kFloat) / 255;
}

void expect_close(const at::Tensor& found, const at::Tensor& expected) {
  const double scale = expected.abs().max().item<double>();
  EXPECT_LE((found - expected).abs().max().item<double>(), 1e-4 * scale);
}

TEST_P(GoldenTest, GivesTheSameOutputs) {
  const std::string folder = shared_path(std::string("models/") + GetParam().name);
  const std::string file = folder + "/" + GetParam().file;
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const Network network = load_network(file);
  EXPECT_EQ(network.facts().format, "onnx");
  EXPECT_EQ(network.facts().hash.size(), 64u);
  const auto archive = read_npz(folder + "/golden.npz");
  const at::Tensor input = normalize(
      pictures(archive), parse_preprocessing(asking({{&PreprocessingRequest::preset, GetParam().preset}}), {}));
  const at::Tensor expected = tensor_of(archive.at("logits_onnxruntime_1_30.npy"));
  const std::string output = network.output_layer().name;
  expect_close(make_executor(network, {output})->run(input).at(0).reshape_as(expected), expected);

  // The same after a round trip through our own format, and nearly the same with half weights.
  const std::string copy = testing::TempDir() + "golden.safetensors";
  save_network(network, copy);
  expect_close(make_executor(load_network(copy), {output})->run(input).at(0).reshape_as(expected), expected);
  halve_weights(copy);
  const at::Tensor halved = make_executor(load_network(copy), {output})->run(input).at(0).reshape_as(expected);
  EXPECT_TRUE(halved.argmax(1).equal(expected.argmax(1)));
  std::filesystem::remove(copy);
}

INSTANTIATE_TEST_SUITE_P(Real, GoldenTest,
                         testing::Values(Golden{"googlenet", "googlenet.onnx", "caffe-bgr"},
                                         Golden{"squeezenet1.1_fp32", "squeezenet1.1_fp32.onnx", "caffe-bgr"},
                                         Golden{"darknet_tiny", "darknet_tiny.onnx", "raw"},
                                         Golden{"mobilenet_v1_0.25_128", "mobilenet_v1_0.25_128.onnx", "tf"},
                                         Golden{"tiny_vgg", "tiny_vgg.onnx", "raw"},
                                         Golden{"cifar10_resnet20", "cifar10_resnet20.onnx", "torchvision"}),
                         [](const auto& instance) {
                           std::string name = instance.param.name;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '.'; }, '_');
                           return name;
                         });

TEST(Golden, Resnet8TakesPlainBytes) {
  const std::string folder = shared_path("models/cifar10_resnet8_mlperf");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const Network network = load_network(folder + "/cifar10_resnet8_mlperf.onnx");
  const auto archive = read_npz(folder + "/golden.npz");
  const at::Tensor input =
      normalize(pictures(archive), parse_preprocessing(asking({{&PreprocessingRequest::range, "0,255"}}), {}));
  const at::Tensor expected = tensor_of(archive.at("logits_onnxruntime_1_30.npy"));
  expect_close(make_executor(network, {network.output_layer().name})->run(input).at(0), expected);
}

}  // namespace
}  // namespace microtome
