// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "microtome/network/builder.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/executor.h"
#include "microtome/network/passes.h"

namespace microtome {
namespace {

struct Parts {
  at::Tensor first, bias, second;
};

// conv -> relu -> gemm, with a branch that adds the first convolution to itself.
Network small(const Parts& parts) {
  GraphBuilder g;
  const ValueIndex x = g.input("input", {-1, 3, 8, 8});
  const ValueIndex a = g.relu("a", g.conv("a/linear", x, parts.first, parts.bias, {.pad = 1}));
  const ValueIndex flat = g.flatten("flat", g.global_average_pool("pooled", g.add("sum", a, a)));
  const ValueIndex logits = g.gemm("logits", flat, parts.second, at::zeros({4}));
  return Network(g.finish({logits}), {});
}

std::vector<float> sorted(const at::Tensor& tensor) {
  std::vector<float> values(tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
  std::sort(values.begin(), values.end());
  return values;
}

const at::Tensor& constant_named(const Network& network, const std::string& name) {
  const auto& values = network.graph().values;
  return std::find_if(values.begin(), values.end(), [&](const Value& v) { return v.name == name; })->constant;
}

TEST(Shuffled, IsTheSameNetworkWithTheWeightsInAnotherOrder) {
  at::manual_seed(1);
  const Parts parts{at::randn({6, 3, 3, 3}), at::randn({6}), at::randn({4, 6})};
  const Network network = small(parts);
  const std::vector<std::string> layers = {"a", "logits"};
  const Network both = with_shuffled_weights(network, layers, 7);
  Parts other = parts;
  other.first = constant_named(both, "a/linear.weight~shuffled.7");
  other.second = constant_named(both, "logits.weight~shuffled.7");
  EXPECT_EQ(sorted(other.first), sorted(parts.first));
  EXPECT_EQ(sorted(other.second), sorted(parts.second));
  EXPECT_LT((other.first == parts.first).sum().item<int64_t>(), 10);
  const at::Tensor input = at::randn({2, 3, 8, 8});
  const auto got = make_executor(both, {"a", "logits", "a~shuffled.7", "logits~shuffled.7"})->run(input);
  const auto own = make_executor(network, {"a", "logits"})->run(input);
  const auto wanted = make_executor(small(other), {"a", "logits"})->run(input);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(at::equal(got[i], own[i])) << layers[i];
    EXPECT_TRUE(at::allclose(got[i + 2], wanted[i], 1e-5, 1e-5)) << layers[i];
    EXPECT_FALSE(at::allclose(got[i + 2], own[i], 1e-2, 1e-2)) << layers[i];
  }
  // What lies on the way is no layer.
  EXPECT_EQ(both.layers().size(), network.layers().size() + 2);
}

TEST(Shuffled, FollowsItsSeedAlone) {
  at::manual_seed(1);
  const Network network = small({at::randn({6, 3, 3, 3}), at::randn({6}), at::randn({4, 6})});
  const auto weight = [&](std::vector<std::string> layers, uint64_t seed) {
    return constant_named(with_shuffled_weights(network, layers, seed),
                          derived_name("a/linear.weight", shuffled_suffix(seed)));
  };
  EXPECT_TRUE(at::equal(weight({"a"}, 1), weight({"logits", "a"}, 1)));
  EXPECT_FALSE(at::equal(weight({"a"}, 1), weight({"a"}, 2)));
}

}  // namespace
}  // namespace microtome
