// SPDX-License-Identifier: Apache-2.0
// The part behind a layer against the whole network.
#include "microtome/network/behind.h"

#include <torch/csrc/autograd/autograd.h>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"

namespace microtome {
namespace {

using testing::random_float;

// conv1, relu1; a [4] and b [4] of relu1, sum = a + b + the input's own part c; fc behind. `aside` reads relu1 alone.
Network forked() {
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 3, 6, 6});
  const ValueIndex relu1 = b.relu("relu1", b.conv("conv1", x, random_float({5, 3, 3, 3}, "1"), {}, {.pad = 1}));
  const ValueIndex a = b.relu("a", b.conv("a/conv", relu1, random_float({4, 5, 1, 1}, "a"), {}));
  const ValueIndex other = b.conv("b", relu1, random_float({4, 5, 1, 1}, "b"), {});
  const ValueIndex c = b.conv("c", x, random_float({4, 3, 1, 1}, "c"), {});
  const ValueIndex sum = b.relu("sum", b.add("a+b+c", b.add("a+b", a, other), c));
  const ValueIndex fc = b.gemm("fc", b.flatten("flat", sum), random_float({7, 144}, "fc"), random_float({7}, "d"));
  const ValueIndex aside = b.conv("aside", relu1, random_float({2, 5, 1, 1}, "e"), {});
  Network::Facts facts;
  facts.format = "memory";
  facts.file = "hand-made";
  return Network(b.finish({fc, aside}), facts);
}

TEST(Behind, GivesWhatTheNetworkGives) {
  const Network network = forked();
  const at::Tensor x = random_float({1, 3, 6, 6}, "x");
  const std::vector<at::Tensor> expected = make_executor(network, {"fc", "aside"})->run(x);
  for (const char* layer : {"conv1", "relu1", "a", "b", "a+b", "sum", "flat"}) {
    const Behind behind(network, layer, {"fc", "aside"});
    const Moment moment = behind.look(x);
    const std::vector<at::Tensor> found = behind.run(moment, moment.value);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_LT((found[0] - expected[0]).abs().max().item<double>(), 1e-4) << layer;
    EXPECT_LT((found[1] - expected[1]).abs().max().item<double>(), 1e-4) << layer;
  }
}

// Another value of one branch, the others as they were: by hand.
TEST(Behind, HoldsTheOtherBranches) {
  const Network network = forked();
  const at::Tensor x = random_float({1, 3, 6, 6}, "x");
  const std::vector<at::Tensor> taps = make_executor(network, {"a", "b", "c"})->run(x);
  const Behind behind(network, "a", {"fc"});
  const Moment moment = behind.look(x);
  at::Tensor ablated = moment.value.clone();
  ablated.select(1, 2).zero_();
  const at::Tensor sum = (ablated + taps[1] + taps[2]).relu();
  const at::Tensor expected = at::addmm(random_float({7}, "d"), sum.flatten(1), random_float({7, 144}, "fc").t());
  EXPECT_LT((behind.run(moment, ablated)[0] - expected).abs().max().item<double>(), 1e-4);
  EXPECT_TRUE(at::equal(moment.value.select(1, 2).clamp_min(0), moment.value.select(1, 2)));  // untouched
}

TEST(Behind, PullsBackToTheLayer) {
  const Network network = forked();
  const at::Tensor x = random_float({1, 3, 6, 6}, "x");
  const Behind behind(network, "relu1", {"fc"});
  const Moment moment = behind.look(x);
  at::Tensor seed = at::zeros({1, 7});
  seed[0][4] = 1;
  const at::Tensor gradient = behind.record(moment, moment.value)->pull_back({&seed, 1});
  const at::Tensor leaf = moment.value.detach().requires_grad_();
  const at::Tensor a = at::conv2d(leaf, random_float({4, 5, 1, 1}, "a")).relu();
  const at::Tensor b = at::conv2d(leaf, random_float({4, 5, 1, 1}, "b"));
  const at::Tensor c = make_executor(network, {"c"})->run(x)[0];
  const at::Tensor value = at::matmul((a + b + c).relu().flatten(1), random_float({7, 144}, "fc").t())[0][4];
  const at::Tensor expected = torch::autograd::grad({value}, {leaf})[0];
  EXPECT_LT((gradient - expected).abs().max().item<double>(), 1e-4 * expected.abs().max().item<double>());
}

TEST(Behind, RefusesATargetThatIsNotBehind) {
  EXPECT_THROW(Behind(forked(), "a", {"aside"}), Error);
  EXPECT_THROW(Behind(forked(), "fc", {"a"}), Error);
  EXPECT_THROW(Behind(forked(), "nowhere", {"fc"}), Error);
}

}  // namespace
}  // namespace microtome
