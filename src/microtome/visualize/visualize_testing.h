// SPDX-License-Identifier: Apache-2.0
// Small networks written by hand for this room's tests.
#pragma once
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/network/builder.h"
#include "microtome/network/network.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/parametrization.h"

namespace microtome::testing {

// One operation after the other; layers get the names given, the last one is the output.
class Chain {
 public:
  explicit Chain(std::vector<int64_t> input_shape) : last_(graph_.input("input", std::move(input_shape))) {}
  Chain& conv(const std::string& name, const at::Tensor& weight, const at::Tensor& bias, int64_t stride = 1) {
    return then(graph_.conv(name, last_, weight, bias, {.stride = stride, .pad = (weight.size(2) - 1) / 2}));
  }
  Chain& relu(const std::string& name) { return then(graph_.relu(name, last_)); }
  Chain& pool(const std::string& name) { return then(graph_.global_average_pool(name, last_)); }
  Chain& flatten(const std::string& name) { return then(graph_.flatten(name, last_)); }
  Chain& gemm(const std::string& name, const at::Tensor& weight, const at::Tensor& bias) {
    return then(graph_.gemm(name, last_, weight, bias));
  }
  Chain& softmax(const std::string& name) { return then(graph_.softmax(name, last_)); }
  Network network(std::vector<std::string> classes = {}) {
    Network::Facts facts;
    facts.format = "memory";
    facts.name = facts.file = "hand-made";
    facts.classes = std::move(classes);
    return Network(graph_.finish({last_}), std::move(facts));
  }

 private:
  Chain& then(ValueIndex value) {
    last_ = value;
    return *this;
  }

  GraphBuilder graph_;
  ValueIndex last_;
};

// Weights that depend on the seed alone.
inline at::Tensor noise(std::vector<int64_t> shape, uint64_t seed, double deviation = 1) {
  const uint64_t key = 0;
  return normal_leaf(shape, deviation, seed, "test weights", std::span(&key, 1)).detach()[0];
}

// What objectives are made for, at the network's own size.
inline ObjectiveContext context(const Network& network) {
  static const Preprocessing raw;
  return {network, raw, network.height(), network.width()};
}

inline View view_of(const std::map<std::string, at::Tensor>& taps) {
  View view;
  for (const auto& [layer, tap] : taps) view.add(layer, tap);
  return view;
}

// The start of one picture.
inline std::vector<at::Tensor> start_of(const Parametrization& kind, uint64_t seed, uint64_t key, double contrast) {
  return kind.start(seed, std::span(&key, 1), contrast);
}

// Writes a file of float32 numbers for this process' tests; gives its path.
inline std::string npy_file(const at::Tensor& values, const std::string& name) {
  const std::string file = ::testing::TempDir() + "/microtome_" + name + ".npy";
  const at::Tensor dense = values.to(at::kFloat).contiguous();
  const std::span<const float> numbers(dense.data_ptr<float>(), static_cast<size_t>(dense.numel()));
  write_file(file, npy_bytes(numbers, dense.sizes().vec()));
  return file;
}

}  // namespace microtome::testing
