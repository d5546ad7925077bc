// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/limits.h"

#include <gtest/gtest.h>

#include "microtome/base/error.h"
#include "microtome/network/network.h"
#include "microtome/network/ops/testing/operator_examples.h"

namespace microtome::testing {
namespace {

// What folding makes is bounded by what the file holds, one value and all together.
TEST(Limits, FoldedConstantsAreInProportion) {
  const auto expanded = [](int64_t elements, int times) {
    GraphBuilder builder;
    ValueIndex sum = builder.input("x", {1, 1});
    const ValueIndex one = builder.constant("one", at::ones({1}));
    for (int i = 0; i < times; ++i) {
      const ValueIndex size = builder.constant(fmt::format("size{}", i), longs({elements}));
      const ValueIndex large = builder.node("Expand", fmt::format("large{}", i), {one, size});
      sum = builder.add(fmt::format("sum{}", i), sum, builder.node("ReduceMax", fmt::format("max{}", i), {large}));
    }
    return builder.finish({sum});
  };
  EXPECT_NO_THROW(Network(expanded(1 << 23, 1), {}));
  EXPECT_THROW(Network(expanded(int64_t{1} << 31, 1), {}), Error);
  EXPECT_THROW(Network(expanded(1 << 23, 40), {}), Error);
}

TEST(Limits, ValuesOfARunAreInProportionToTheInput) {
  GraphBuilder builder;
  ValueIndex value = builder.input("x", {1, 3, 64, 64});
  for (int i = 0; i < 40; ++i) value = builder.concat(fmt::format("twice{}", i), {value, value});
  const Graph graph = builder.finish({value});
  EXPECT_THROW(Network(graph, {}), Error);
}

TEST(Limits, WorkIsBoundedBeforeItIsDone) {
  const at::Tensor x = at::zeros({1, 1, 2048, 2048});
  const OneNode pool("MaxPool", {x}, {{"kernel_shape", twice(2047)}, {"pads", ints({1023, 1023, 1023, 1023})}});
  EXPECT_THROW(pool.run(), Error);
  const OneNode lrn("LRN", {at::zeros({1, 1 << 20, 1, 4})}, {{"size", int64_t{1} << 31}});
  EXPECT_THROW(lrn.run(), Error);
}

TEST(Limits, WideLRNIsTheSumOverAllChannels) {
  const at::Tensor x = random({1, 5, 2, 2}, "x");
  const at::Tensor y = OneNode("LRN", {x}, {{"size", int64_t{1} << 30}, {"alpha", 1e9}, {"beta", 0.5}}).run();
  const at::Tensor expected = x / (1 + 1e9 / static_cast<double>(1 << 30) * (x * x).sum(1, true)).sqrt();
  expect_close(y, expected, 1e-12);
}

}  // namespace
}  // namespace microtome::testing
