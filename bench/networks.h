// SPDX-License-Identifier: Apache-2.0
// Well-known architectures with random weights, for measuring: what they compute does not matter, what it costs does.
#pragma once
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <string>

#include "microtome/network/builder.h"
#include "microtome/network/network.h"

namespace microtome::bench {

// Adds convolutions with normal weights of variance 2 / fan-in.
class Shapes {
 public:
  explicit Shapes(int64_t side = 224) : last_(graph_.input("input", {-1, 3, side, side})) { at::manual_seed(1); }

  ValueIndex conv(const std::string& name, ValueIndex from, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                  int64_t pad, bool relu = true) {
    const double deviation = std::sqrt(2.0 / static_cast<double>(in * kernel * kernel));
    const at::Tensor weight = at::randn({out, in, kernel, kernel}) * deviation;
    const ValueIndex y =
        graph_.conv(relu ? name + "/linear" : name, from, weight, at::zeros({out}), {.stride = stride, .pad = pad});
    return relu ? graph_.relu(name, y) : y;
  }
  ValueIndex normalized(const std::string& name, ValueIndex from, int64_t in, int64_t out, int64_t kernel,
                        int64_t stride, bool relu) {
    const ValueIndex y = conv(name + "/conv", from, in, out, kernel, stride, kernel / 2, false);
    const ValueIndex z = graph_.batch_norm(relu ? name + "/bn" : name, y, at::ones({out}), at::zeros({out}),
                                           at::zeros({out}), at::ones({out}));
    return relu ? graph_.relu(name, z) : z;
  }
  Network finish(ValueIndex last, int64_t channels) {
    const ValueIndex pooled = graph_.flatten("flat", graph_.global_average_pool("pooled", last));
    const ValueIndex logits = graph_.gemm("logits", pooled, at::randn({1000, channels}) * 0.01, at::zeros({1000}));
    return Network(graph_.finish({logits}), {});
  }

  GraphBuilder graph_;
  ValueIndex last_;
};

// Iandola et al. 2016, version 1.1; target "fire9".
inline Network squeezenet() {
  Shapes s;
  ValueIndex x = s.conv("conv1", s.last_, 3, 64, 3, 2, 0);
  const PoolOptions pool{.kernel = 3, .stride = 2, .pad = 0, .ceil = true};
  x = s.graph_.max_pool("pool1", x, pool);
  int64_t in = 64;
  const auto fire = [&](int number, int64_t squeeze, int64_t expand) {
    const std::string name = fmt::format("fire{}", number);
    const ValueIndex q = s.conv(name + "/squeeze", x, in, squeeze, 1, 1, 0);
    x = s.graph_.concat(name, {s.conv(name + "/expand1", q, squeeze, expand, 1, 1, 0),
                               s.conv(name + "/expand3", q, squeeze, expand, 3, 1, 1)});
    in = 2 * expand;
  };
  fire(2, 16, 64), fire(3, 16, 64);
  x = s.graph_.max_pool("pool3", x, pool);
  fire(4, 32, 128), fire(5, 32, 128);
  x = s.graph_.max_pool("pool5", x, pool);
  fire(6, 48, 192), fire(7, 48, 192), fire(8, 64, 256), fire(9, 64, 256);
  return s.finish(x, in);
}

// He et al. 2015, 18 layers; target "layer4".
inline Network resnet18() {
  Shapes s;
  ValueIndex x = s.normalized("stem", s.last_, 3, 64, 7, 2, true);
  x = s.graph_.max_pool("pool1", x, {.kernel = 3, .stride = 2, .pad = 1});
  int64_t in = 64;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t out = 64 << stage;
    for (int block = 0; block < 2; ++block) {
      const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const std::string name = fmt::format("stage{}.{}", stage + 1, block);
      const ValueIndex inner = s.normalized(name + "/a", x, in, out, 3, stride, true);
      const ValueIndex outer = s.normalized(name + "/b", inner, out, out, 3, 1, false);
      const ValueIndex skip = stride == 1 ? x : s.normalized(name + "/skip", x, in, out, 1, stride, false);
      x = s.graph_.relu(block == 1 ? fmt::format("layer{}", stage + 1) : name,
                        s.graph_.add(name + "/sum", outer, skip));
      in = out;
    }
  }
  return s.finish(x, in);
}

// Szegedy et al. 2014 without the side classifiers; targets "inception_3a" to "inception_5b".
inline Network googlenet() {
  Shapes s;
  ValueIndex x = s.conv("conv1", s.last_, 3, 64, 7, 2, 3);
  const PoolOptions pool{.kernel = 3, .stride = 2, .pad = 0, .ceil = true};
  x = s.graph_.max_pool("pool1", x, pool);
  x = s.conv("conv2/reduce", x, 64, 64, 1, 1, 0);
  x = s.graph_.max_pool("pool2", s.conv("conv2", x, 64, 192, 3, 1, 1), pool);
  int64_t in = 192;
  struct Module {
    const char* name;
    int64_t one, reduce3, three, reduce5, five, pooled;
    bool pool_behind;
  };
  constexpr Module kModules[] = {{"3a", 64, 96, 128, 16, 32, 32, false},    {"3b", 128, 128, 192, 32, 96, 64, true},
                                 {"4a", 192, 96, 208, 16, 48, 64, false},   {"4b", 160, 112, 224, 24, 64, 64, false},
                                 {"4c", 128, 128, 256, 24, 64, 64, false},  {"4d", 112, 144, 288, 32, 64, 64, false},
                                 {"4e", 256, 160, 320, 32, 128, 128, true}, {"5a", 256, 160, 320, 32, 128, 128, false},
                                 {"5b", 384, 192, 384, 48, 128, 128, false}};
  for (const Module& m : kModules) {
    const std::string name = std::string("inception_") + m.name;
    const ValueIndex one = s.conv(name + "/1x1", x, in, m.one, 1, 1, 0);
    const ValueIndex three =
        s.conv(name + "/3x3", s.conv(name + "/3x3_reduce", x, in, m.reduce3, 1, 1, 0), m.reduce3, m.three, 3, 1, 1);
    const ValueIndex five =
        s.conv(name + "/5x5", s.conv(name + "/5x5_reduce", x, in, m.reduce5, 1, 1, 0), m.reduce5, m.five, 5, 1, 2);
    const ValueIndex pooled =
        s.conv(name + "/pool_proj", s.graph_.max_pool(name + "/pool", x, {.kernel = 3, .stride = 1, .pad = 1}), in,
               m.pooled, 1, 1, 0);
    x = s.graph_.concat(name, {one, three, five, pooled});
    in = m.one + m.three + m.five + m.pooled;
    if (m.pool_behind) x = s.graph_.max_pool(name + "/out_pool", x, pool);
  }
  return s.finish(x, in);
}

// He et al. 2015, 50 layers with bottlenecks, the stride in the middle convolution; targets "layer1" to "layer4".
inline Network resnet50() {
  Shapes s;
  ValueIndex x = s.normalized("stem", s.last_, 3, 64, 7, 2, true);
  x = s.graph_.max_pool("pool1", x, {.kernel = 3, .stride = 2, .pad = 1});
  constexpr int kBlocks[] = {3, 4, 6, 3};
  int64_t in = 64;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t width = 64 << stage, out = 4 * width;
    for (int block = 0; block < kBlocks[stage]; ++block) {
      const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const std::string name = fmt::format("stage{}.{}", stage + 1, block);
      const ValueIndex a = s.normalized(name + "/a", x, in, width, 1, 1, true);
      const ValueIndex b = s.normalized(name + "/b", a, width, width, 3, stride, true);
      const ValueIndex c = s.normalized(name + "/c", b, width, out, 1, 1, false);
      const ValueIndex skip = block > 0 ? x : s.normalized(name + "/skip", x, in, out, 1, stride, false);
      const bool last = block + 1 == kBlocks[stage];
      x = s.graph_.relu(last ? fmt::format("layer{}", stage + 1) : name, s.graph_.add(name + "/sum", c, skip));
      in = out;
    }
  }
  return s.finish(x, in);
}

// Simonyan and Zisserman 2014, 16 layers, with the three fully connected ones or a mean over positions in their place;
// target "conv5_3".
inline Network vgg16(bool fully_connected = false) {
  Shapes s;
  ValueIndex x = s.last_;
  int64_t in = 3;
  constexpr int kConvolutions[] = {2, 2, 3, 3, 3};
  constexpr int64_t kWidths[] = {64, 128, 256, 512, 512};
  for (int stage = 0; stage < 5; ++stage) {
    for (int i = 0; i < kConvolutions[stage]; ++i) {
      x = s.conv(fmt::format("conv{}_{}", stage + 1, i + 1), x, in, kWidths[stage], 3, 1, 1);
      in = kWidths[stage];
    }
    if (stage < 4 || fully_connected) x = s.graph_.max_pool(fmt::format("pool{}", stage + 1), x);
  }
  if (!fully_connected) return s.finish(x, in);
  x = s.graph_.flatten("flat", x);
  int64_t width = 512 * 7 * 7;
  for (const int64_t next : {4096, 4096, 1000}) {
    const std::string name = next == 1000 ? "logits" : fmt::format("fc{}", width == 4096 ? 7 : 6);
    x = s.graph_.gemm(name, x, at::randn({next, width}) * std::sqrt(2.0 / static_cast<double>(width)),
                      at::zeros({next}));
    if (next != 1000) x = s.graph_.relu(name + "/relu", x);
    width = next;
  }
  return Network(s.graph_.finish({x}), {});
}

}  // namespace microtome::bench
