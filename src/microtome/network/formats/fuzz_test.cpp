// SPDX-License-Identifier: Apache-2.0
// Damaged network files: whatever is cut off or flipped, loading ends in a network or in an Error.
#include <ATen/ATen.h>

#include "microtome/base/rng.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/small_onnx.h"

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

// Whether it loads; anything but an Error escapes and fails the test.
bool loads(std::string bytes) {
  try {
    network_from_bytes({"damaged", std::make_shared<const std::string>(std::move(bytes))});
    return true;
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    EXPECT_NE(error.kind(), ErrorKind::kInternal) << error.what();
    return false;
  }
}

void expect_survives_damage(const std::string& whole, int cuts, int flips) {
  ASSERT_TRUE(loads(whole));
  Rng rng(1, "fuzz");
  for (int i = 0; i < cuts; ++i)
    loads(whole.substr(0, static_cast<size_t>(rng.below(static_cast<int64_t>(whole.size())))));
  for (int i = 0; i < flips; ++i) {
    std::string damaged = whole;
    damaged[static_cast<size_t>(rng.below(static_cast<int64_t>(whole.size())))] = static_cast<char>(rng.below(256));
    loads(damaged);
  }
}

TEST(Fuzz, SmallOnnx) { expect_survives_damage(small_onnx(), 200, 2000); }
TEST(Fuzz, SmallSafetensors) { expect_survives_damage(small_safetensors(), 200, 2000); }

// Cutting may only ever give an Error: no part of a file is a network.
TEST(Fuzz, NoPartOfAnOnnxFileLoads) {
  const std::string whole = small_onnx();
  for (size_t length = 0; length < whole.size(); length += 7) EXPECT_FALSE(loads(whole.substr(0, length))) << length;
}

TEST(Fuzz, RealNetworks) {
  for (const char* name :
       {"models/tiny_vgg/tiny_vgg.onnx", "models/cifar10_resnet8_mlperf/cifar10_resnet8_mlperf.onnx"}) {
    if (!std::filesystem::exists(shared_path(name))) GTEST_SKIP() << shared_path(name) << " is not there";
    expect_survives_damage(read_file(shared_path(name)), 200, 40);
  }
}

}  // namespace
}  // namespace microtome
