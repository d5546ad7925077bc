// SPDX-License-Identifier: Apache-2.0
// Small networks written by hand for this room's tests.
#pragma once
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/base/rng.h"
#include "microtome/image/codec.h"
#include "microtome/network/builder.h"
#include "microtome/network/network.h"
#include "microtome/visualize/expression.h"
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

// Layers conv1 [5,12,12], relu1, pool, flat, fc [4] and prob [4], which is the softmax of fc.
inline Network classifier() {
  return Chain({1, 3, 12, 12})
      .conv("conv1", noise({5, 3, 3, 3}, 1), noise({5}, 2))
      .relu("relu1")
      .pool("pool")
      .flatten("flat")
      .gemm("fc", noise({4, 5}, 3), noise({4}, 4))
      .softmax("prob")
      .network({"tabby, tabby cat", "husky", "crane", "snow plough, snowplow"});
}

// A text for each way of using each kind with classifier(), and the files that they name.
class ObjectiveFiles {
 public:
  ObjectiveFiles() {
    write_file(vector_, npy_bytes(std::span<const float>(values_), {5}));
    Image image(15, 11, 3);
    Rng rng(1, "test picture");
    for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(rng.below(256));
    write_file(image_, encode_png(image));
  }
  const std::vector<float>& vector() const { return values_; }
  const std::string& vector_file() const { return vector_; }
  const std::string& image_file() const { return image_; }

  // None for a kind that is not known here.
  std::vector<std::string> examples(std::string_view kind) const {
    const std::string vector = "vector=" + vector_, image = "image=" + image_;
    const std::map<std::string, std::vector<std::string>, std::less<>> all = {
        {"channel", {"channel(conv1:2)", "channel(fc:3)"}},
        {"neuron", {"neuron(conv1:1)", "neuron(conv1:1,x=3,y=0)"}},
        {"peak", {"peak(conv1:1)", "peak(conv1:2,lowest=true)", "peak(fc:3)"}},
        {"patch", {"patch(conv1:1)", "patch(conv1:4,x=1,y=0,w=2,h=4)"}},
        {"channels", {"channels(conv1,weights=3:1/1:-0.5)", "channels(fc,weights=0:2)"}},
        {"logit", {"logit(unit=2)", "logit(husky)"}},
        {"probability", {"probability(unit=2)", "probability(tabby cat)"}},
        {"evidence", {"evidence(unit=1)", "evidence(crane)"}},
        {"direction",
         {"direction(conv1," + vector + ")", "direction(conv1,power=2," + vector + ")",
          "direction(conv1,power=1.5,x=2," + vector + ")"}},
        {"layer", {"layer(conv1)", "layer(fc)"}},
        {"interpolate", {"interpolate(from=conv1:1,to=conv1:3)", "interpolate(from=conv1:1,to=fc:3)"}},
        {"diversity", {"diversity(conv1)", "diversity(fc)"}},
        {"alignment", {"alignment(conv1)", "alignment(fc,decay=5)"}},
        {"tensor", {"tensor(conv1," + image + ")", "tensor(conv1,power=2," + image + ")", "tensor(fc," + image + ")"}},
        {"caricature", {"caricature(conv1," + image + ")", "caricature(conv1,power=0," + image + ")"}},
        {"inversion", {"inversion(conv1," + image + ")", "inversion(fc," + image + ")"}},
        {"style", {"style(conv1," + image + ")", "style(fc," + image + ")"}},
        {"tv", {"tv"}},
        {"l1", {"l1", "l1(centre=0.25)"}},
        {"l2", {"l2", "l2(centre=0)"}},
        {"blur", {"blur"}},
        {"boundary", {"boundary", "boundary(width=2)"}},
        {"alpha", {"alpha"}},
    };
    const auto found = all.find(kind);
    return found == all.end() ? std::vector<std::string>{} : found->second;
  }

 private:
  std::vector<float> values_ = {0.5f, -1, 2, 0, 0.25f};
  // Each test process has files of its own: tests run side by side.
  std::string base_ = ::testing::TempDir() + "/microtome_objectives_" + std::to_string(::getpid());
  std::string vector_ = base_ + ".npy", image_ = base_ + ".png";
};

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
