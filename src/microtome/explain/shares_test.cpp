// SPDX-License-Identifier: Apache-2.0
// Shares and bias sum to the pre-activation, on every kind of layer.
#include "microtome/explain/shares.h"

#include "microtome/base/error.h"
#include "microtome/explain/explain_testing.h"
#include "microtome/network/executor.h"

namespace microtome {
namespace {

using testing::branched;
using testing::largest;
using testing::network_of;
using testing::normal;
using testing::some_pixels;

// E1 at every position.
void expect_whole(const Network& network, const std::string& layer, const std::string& before) {
  const at::Tensor x = some_pixels(network.channels(), network.height(), 3);
  const at::Tensor z = make_executor(network, {before})->run(x)[0];
  const int64_t units = network.layer(layer).units;
  for (int64_t unit = 0; unit < units; unit += std::max<int64_t>(1, units / 3)) {
    const Shares shares(network, layer, unit);
    const Shares::Found found = shares.find(x);
    ASSERT_EQ(found.shares.size(0), std::ssize(shares.terms()));
    const at::Tensor expected = z[0][unit].reshape(found.value.sizes());
    const double scale = std::max(1.0, largest(expected));
    EXPECT_LT(largest(found.value - expected), 1e-5 * scale) << layer;
    EXPECT_LT(largest(found.shares.sum(0) + shares.bias() - expected), 1e-5 * scale) << layer << " " << unit;
  }
}

TEST(Shares, SumToThePreActivation) {
  const Network network = branched(true);
  expect_whole(network, "relu1", "conv1");
  expect_whole(network, "conv1", "conv1");
  expect_whole(network, "right", "right/conv");
  expect_whole(network, "relu2", "sum");
  expect_whole(network, "fc", "fc");
}

// Depthwise and grouped convolutions, strides, batch norm in front and behind.
TEST(Shares, OfGroupsAndNorms) {
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 4, 9, 9});
  const auto ones = [](int64_t n, uint64_t seed) { return normal({n}, seed).abs() + 0.5; };
  const ValueIndex first =
      b.conv("first", x, normal({6, 2, 3, 3}, 1), normal({6}, 2), {.stride = 2, .pad = 1, .groups = 2});
  const ValueIndex norm = b.batch_norm("norm", first, ones(6, 3), normal({6}, 4), normal({6}, 5), ones(6, 6));
  const ValueIndex relu = b.relu("relu", norm);
  const ValueIndex again = b.batch_norm("again", relu, ones(6, 7), normal({6}, 8), normal({6}, 9), ones(6, 10));
  const ValueIndex deep = b.conv("deep", again, normal({6, 1, 3, 3}, 11), {}, {.pad = 1, .groups = 6});
  const ValueIndex sum = b.add("sum", deep, relu);
  const ValueIndex scaled = b.batch_norm("scaled", sum, ones(6, 12), normal({6}, 13), normal({6}, 14), ones(6, 15));
  const Network network = network_of(b, {b.relu("out", scaled)});
  expect_whole(network, "relu", "norm");
  expect_whole(network, "deep", "deep");
  expect_whole(network, "out", "scaled");
}

// "wolf" = a snow + b snout - c: the shares are what was planted.
TEST(Shares, OfAPlantedChain) {
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 2, 4, 4});
  const ValueIndex parts = b.relu("parts", b.conv("see", x, at::eye(2).view({2, 2, 1, 1}), {}));
  const at::Tensor weight = at::tensor({3.0f, 0.5f}).view({1, 2, 1, 1});
  const Network network = network_of(b, {b.relu("wolf", b.conv("join", parts, weight, at::full({1}, -0.25f)))});
  const Shares shares(network, "wolf", 0);
  ASSERT_EQ(shares.terms().size(), 2u);
  EXPECT_EQ(shares.terms()[0].layer, "parts");
  EXPECT_EQ(shares.terms()[1].unit, 1);
  EXPECT_EQ(shares.bias(), -0.25);
  const at::Tensor pixels = some_pixels(2, 4, 1);
  const Shares::Found found = shares.find(pixels);
  EXPECT_LT(largest(found.shares[0] - 3 * pixels[0][0]), 1e-6);
  EXPECT_LT(largest(found.shares[1] - 0.5 * pixels[0][1]), 1e-6);
}

TEST(Shares, NameTheUnitsThatAreReallyRead) {
  const Network network = branched(true);
  const Shares shares(network, "relu2", 5);
  // The joined channel 5 is right's channel 1, rectified: a term of its own; the projection reads pool1.
  ASSERT_EQ(shares.terms().size(), 7u);
  EXPECT_EQ(shares.terms()[0].layer, "joined");
  EXPECT_EQ(shares.terms()[0].unit, 5);
  EXPECT_EQ(shares.terms()[1].layer, "pool1");
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 3, 4, 4});
  const ValueIndex left = b.relu("left", b.conv("l", x, normal({2, 3, 1, 1}, 1), {}));
  const ValueIndex right = b.relu("right", b.conv("r", x, normal({3, 3, 1, 1}, 2), {}));
  const ValueIndex joined = b.concat("joined", {left, right});
  const Network inception = network_of(b, {b.conv("next", joined, normal({2, 5, 1, 1}, 3), {})});
  const Shares of(inception, "next", 1);
  ASSERT_EQ(of.terms().size(), 5u);
  EXPECT_EQ(of.terms()[1].layer, "left");
  EXPECT_EQ(of.terms()[4].layer, "right");
  EXPECT_EQ(of.terms()[4].unit, 2);
}

TEST(Shares, RefuseWhatIsNoSum) {
  const Network network = branched(true);
  EXPECT_THROW(Shares(network, "pool1", 0), Error);
  EXPECT_THROW(Shares(network, "fc", 5), Error);
  EXPECT_THROW(Shares(network, "nowhere", 0), Error);
}

}  // namespace
}  // namespace microtome
