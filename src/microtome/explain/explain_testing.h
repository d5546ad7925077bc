// SPDX-License-Identifier: Apache-2.0
// Small networks written by hand for this room's tests.
#pragma once
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/network/builder.h"
#include "microtome/network/network.h"

namespace microtome::testing {

inline at::Tensor normal(std::vector<int64_t> shape, uint64_t seed, double deviation = 1) {
  Rng rng(seed, "explained");
  at::Tensor x = at::empty(shape, at::kFloat);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = static_cast<float>(deviation * rng.normal());
  return x;
}

// Pixels [1,C,H,W] in 0..1.
inline at::Tensor some_pixels(int64_t channels, int64_t side, uint64_t seed) {
  return normal({1, channels, side, side}, seed).sigmoid();
}

inline Network network_of(const GraphBuilder& builder, std::vector<ValueIndex> outputs) {
  Network::Facts facts;
  facts.format = "memory";
  facts.name = facts.file = "hand-made";
  return Network(builder.finish(std::move(outputs)), std::move(facts));
}

// conv1 [6], relu1, pool1, two branches of it (left [4] and right [4], rectified) joined and added to a projection
// [8], relu2, mean, flat, fc [5]. Without biases it is homogeneous: f(a x) = a f(x) for a > 0.
inline Network branched(bool biases, int64_t side = 12) {
  GraphBuilder b;
  const auto bias = [&](int64_t count, uint64_t seed) { return biases ? normal({count}, seed, 0.3) : at::Tensor(); };
  const ValueIndex x = b.input("input", {-1, 3, side, side});
  const ValueIndex conv1 = b.conv("conv1", x, normal({6, 3, 3, 3}, 1, 0.4), bias(6, 2), {.pad = 1});
  const ValueIndex pool1 = b.max_pool("pool1", b.relu("relu1", conv1));
  const ValueIndex left = b.relu("left", b.conv("left/conv", pool1, normal({4, 6, 1, 1}, 3, 0.4), bias(4, 4)));
  const ValueIndex right =
      b.relu("right", b.conv("right/conv", pool1, normal({4, 6, 3, 3}, 5, 0.3), bias(4, 6), {.pad = 1}));
  const ValueIndex joined = b.concat("joined", {left, right});
  const ValueIndex projected = b.conv("projected", pool1, normal({8, 6, 1, 1}, 7, 0.4), bias(8, 8));
  const ValueIndex relu2 = b.relu("relu2", b.add("sum", joined, projected));
  const ValueIndex flat = b.flatten("flat", b.global_average_pool("mean", relu2));
  return network_of(b, {b.gemm("fc", flat, normal({5, 8}, 9), bias(5, 10))});
}

inline double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

}  // namespace microtome::testing
