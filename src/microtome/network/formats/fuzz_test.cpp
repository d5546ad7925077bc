// SPDX-License-Identifier: Apache-2.0
// Damaged network files: whatever is cut off or flipped, loading ends in a network or in an Error.
#include <ATen/ATen.h>

#include "microtome/base/rng.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/network/formats/testing/small_onnx.h"

namespace microtome {
namespace {

std::string small_onnx() { return small_model().SerializeAsString(); }

std::string small_safetensors() {
  const std::string file = testing::TempDir() + "small.safetensors";
  save_network(network_from_bytes({"small.onnx", std::make_shared<const std::string>(small_onnx())}), file);
  const std::string bytes = read_file(file);
  std::filesystem::remove(file);
  return bytes;
}

// Reads the graph without running it, by whichever format the bytes look like.
void read(const ModelFile& file) {
  for (const ModelFormat* format : model_formats::kinds()) {
    if (format->recognizes(*file.bytes)) return static_cast<void>(format->read(file, 0));
  }
}

void load_fuzzed(const ModelFile& file) { network_from_bytes(file); }

// Whether it is accepted; anything but an Error escapes and fails the test.
bool accepts(void (*take)(const ModelFile&), std::string bytes) {
  try {
    take({"damaged", std::make_shared<const std::string>(std::move(bytes))});
    return true;
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    EXPECT_NE(error.kind(), ErrorKind::kInternal) << error.what();
    return false;
  }
}

void expect_survives_damage(const std::string& whole, void (*take)(const ModelFile&), int cuts, int flips) {
  ASSERT_TRUE(accepts(take, whole));
  Rng rng(1, "fuzz");
  const auto place = [&] { return static_cast<size_t>(rng.below(static_cast<int64_t>(whole.size()))); };
  for (int i = 0; i < cuts; ++i) accepts(take, whole.substr(0, place()));
  for (int i = 0; i < flips; ++i) {
    std::string damaged = whole;
    damaged[place()] = static_cast<char>(rng.below(256));
    accepts(take, damaged);
  }
}

TEST(Fuzz, ReadingSmallOnnx) { expect_survives_damage(small_onnx(), read, 200, 2000); }
TEST(Fuzz, ReadingSmallSafetensors) { expect_survives_damage(small_safetensors(), read, 200, 2000); }

// Running what was read takes milliseconds, so fewer.
TEST(Fuzz, LoadingSmallOnnx) { expect_survives_damage(small_onnx(), load_fuzzed, 50, 300); }
TEST(Fuzz, LoadingSmallSafetensors) { expect_survives_damage(small_safetensors(), load_fuzzed, 50, 300); }

// Cutting may only ever give an Error: no part of a file is a network.
TEST(Fuzz, NoPartOfAnOnnxFileLoads) {
  const std::string whole = small_onnx();
  for (size_t length = 0; length < whole.size(); length += 7)
    EXPECT_FALSE(accepts(load_fuzzed, whole.substr(0, length))) << length;
}

TEST(Fuzz, RealNetworks) {
  for (const char* name :
       {"models/tiny_vgg/tiny_vgg.onnx", "models/cifar10_resnet8_mlperf/cifar10_resnet8_mlperf.onnx"}) {
    if (!std::filesystem::exists(shared_path(name))) GTEST_SKIP() << shared_path(name) << " is not there";
    expect_survives_damage(read_file(shared_path(name)), read, 200, 2000);
    expect_survives_damage(read_file(shared_path(name)), load_fuzzed, 10, 20);
  }
}

}  // namespace
}  // namespace microtome
