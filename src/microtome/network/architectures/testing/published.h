// SPDX-License-Identifier: Apache-2.0
// Names and shapes of the weights of published networks, written down from the papers' tables and torchvision's names.
#pragma once
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "microtome/network/formats/graph_json.h"

namespace microtome::published {

// Collects weights, all zeros unless `seed` is given.
struct Weights {
  NamedTensors all;
  int64_t seed = 0;

  void add(const std::string& name, std::vector<int64_t> shape) {
    if (seed == 0) return all.emplace_back(name, at::zeros(shape)), void();
    int64_t fan = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan *= shape[i];
    const at::Tensor places = at::arange(at::zeros(shape).numel(), at::kDouble) + static_cast<double>(seed++ * 1000);
    const at::Tensor wave = (places * 12.9898).sin() * 43758.5453;
    const at::Tensor values = (wave - wave.floor() - 0.5) * (2 / std::sqrt(static_cast<double>(fan)));
    all.emplace_back(name, values.to(at::kFloat).reshape(shape));
  }
  void conv(const std::string& name, int64_t out, int64_t in, int64_t height, int64_t width = 0, bool bias = false) {
    add(name + ".weight", {out, in, height, width ? width : height});
    if (bias) add(name + ".bias", {out});
  }
  void norm(const std::string& name, int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean"}) add(name + part, {channels});
    all.emplace_back(name + ".running_var", at::ones({channels}));
    all.emplace_back(name + ".num_batches_tracked", at::zeros({}, at::kLong));
  }
  void layer_norm(const std::string& name, int64_t channels) {
    add(name + ".weight", {channels});
    add(name + ".bias", {channels});
  }
  void linear(const std::string& name, int64_t out, int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
};

// The learned ones: statistics of batch norm are not counted.
inline int64_t parameters(const NamedTensors& weights) {
  int64_t sum = 0;
  for (const auto& [name, tensor] : weights) {
    if (name.find("running_") == std::string::npos && !name.ends_with("num_batches_tracked")) sum += tensor.numel();
  }
  return sum;
}

// `base`: width of a group in the first stage.
inline NamedTensors resnet(const std::vector<int>& blocks, bool bottleneck, int64_t groups = 1, int64_t base = 64) {
  Weights w;
  w.conv("conv1", 64, 3, 7);
  w.norm("bn1", 64);
  int64_t in = 64;
  for (size_t stage = 0; stage < blocks.size(); ++stage) {
    const int64_t planes = 64 << stage, out = bottleneck ? 4 * planes : planes, middle = planes * base / 64 * groups;
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::string name = fmt::format("layer{}.{}", stage + 1, block);
      w.conv(name + ".conv1", bottleneck ? middle : planes, in, bottleneck ? 1 : 3);
      w.norm(name + ".bn1", bottleneck ? middle : planes);
      w.conv(name + ".conv2", bottleneck ? middle : planes, bottleneck ? middle / groups : planes, 3);
      w.norm(name + ".bn2", bottleneck ? middle : planes);
      if (bottleneck) w.conv(name + ".conv3", out, middle, 1), w.norm(name + ".bn3", out);
      if (in != out) w.conv(name + ".downsample.0", out, in, 1), w.norm(name + ".downsample.1", out);
      in = out;
    }
  }
  w.linear("fc", 1000, in);
  return w.all;
}

// For pictures of 32 px: `width` channels in the first of three stages.
inline NamedTensors small_resnet(int blocks, int64_t width, int64_t classes, int64_t seed = 0) {
  Weights w{.all = {}, .seed = seed};
  w.conv("conv1", width, 3, 3);
  w.norm("bn1", width);
  int64_t in = width;
  for (int stage = 1; stage <= 3; ++stage) {
    const int64_t out = width << (stage - 1);
    for (int block = 0; block < blocks; ++block) {
      const std::string name = fmt::format("layer{}.{}", stage, block);
      w.conv(name + ".conv1", out, in, 3);
      w.norm(name + ".bn1", out);
      w.conv(name + ".conv2", out, out, 3);
      w.norm(name + ".bn2", out);
      in = out;
    }
  }
  w.linear("linear", classes, in);
  return w.all;
}

inline NamedTensors alexnet() {
  Weights w;
  w.conv("features.0", 64, 3, 11, 0, true);
  w.conv("features.3", 192, 64, 5, 0, true);
  w.conv("features.6", 384, 192, 3, 0, true);
  w.conv("features.8", 256, 384, 3, 0, true);
  w.conv("features.10", 256, 256, 3, 0, true);
  w.linear("classifier.1", 4096, 9216);
  w.linear("classifier.4", 4096, 4096);
  w.linear("classifier.6", 1000, 4096);
  return w.all;
}

// Numbers are widths, 0 a pooling.
inline NamedTensors vgg(const std::vector<int64_t>& layers, bool norm) {
  Weights w;
  int64_t in = 3;
  int at = 0;
  for (const int64_t out : layers) {
    if (out > 0) {
      w.conv(fmt::format("features.{}", at), out, in, 3, 0, true);
      if (norm) w.norm(fmt::format("features.{}", ++at), out);
      in = out;
      ++at;
    }
    ++at;
  }
  w.linear("classifier.0", 4096, 25088);
  w.linear("classifier.3", 4096, 4096);
  w.linear("classifier.6", 1000, 4096);
  return w.all;
}
inline const std::vector<int64_t> kVgg16 = {64, 64,  0,   128, 128, 0,   256, 256, 256,
                                            0,  512, 512, 512, 0,   512, 512, 512, 0};

inline NamedTensors squeezenet(bool newer) {
  Weights w;
  w.conv("features.0", newer ? 64 : 96, 3, newer ? 3 : 7, 0, true);
  const std::vector<int> places =
      newer ? std::vector<int>{3, 4, 6, 7, 9, 10, 11, 12} : std::vector<int>{3, 4, 5, 7, 8, 9, 10, 12};
  int64_t in = newer ? 64 : 96;
  for (int i = 0; i < 8; ++i) {
    const int64_t squeeze = 16 * (i / 2 + 1), expand = 64 * (i / 2 + 1);
    const std::string name = fmt::format("features.{}", places[static_cast<size_t>(i)]);
    w.conv(name + ".squeeze", squeeze, in, 1, 0, true);
    w.conv(name + ".expand1x1", expand, squeeze, 1, 0, true);
    w.conv(name + ".expand3x3", expand, squeeze, 3, 0, true);
    in = 2 * expand;
  }
  w.conv("classifier.1", 1000, 512, 1, 0, true);
  return w.all;
}

inline NamedTensors googlenet() {
  Weights w;
  const auto unit = [&](const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    w.conv(name + ".conv", out, in, kernel);
    w.norm(name + ".bn", out);
  };
  unit("conv1", 64, 3, 7);
  unit("conv2", 64, 64, 1);
  unit("conv3", 192, 64, 3);
  // Table 1 of the paper: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
  const std::vector<std::pair<std::string, std::vector<int64_t>>> table = {
      {"3a", {64, 96, 128, 16, 32, 32}},     {"3b", {128, 128, 192, 32, 96, 64}},
      {"4a", {192, 96, 208, 16, 48, 64}},    {"4b", {160, 112, 224, 24, 64, 64}},
      {"4c", {128, 128, 256, 24, 64, 64}},   {"4d", {112, 144, 288, 32, 64, 64}},
      {"4e", {256, 160, 320, 32, 128, 128}}, {"5a", {256, 160, 320, 32, 128, 128}},
      {"5b", {384, 192, 384, 48, 128, 128}}};
  int64_t in = 192;
  for (const auto& [block, width] : table) {
    const std::string name = "inception" + block;
    unit(name + ".branch1", width[0], in, 1);
    unit(name + ".branch2.0", width[1], in, 1);
    unit(name + ".branch2.1", width[2], width[1], 3);
    unit(name + ".branch3.0", width[3], in, 1);
    unit(name + ".branch3.1", width[4], width[3], 3);
    unit(name + ".branch4.1", width[5], in, 1);
    in = width[0] + width[2] + width[4] + width[5];
  }
  w.linear("fc", 1000, 1024);
  return w.all;
}

// `dots`: the names that files had before PyTorch 0.4.
inline NamedTensors densenet121(bool dots = false) {
  Weights w;
  const std::string dot = dots ? "." : "";
  w.conv("features.conv0", 64, 3, 7);
  w.norm("features.norm0", 64);
  int64_t in = 64;
  const int layers[] = {6, 12, 24, 16};
  for (int block = 1; block <= 4; ++block) {
    for (int layer = 1; layer <= layers[block - 1]; ++layer) {
      const std::string name = fmt::format("features.denseblock{}.denselayer{}", block, layer);
      w.norm(name + ".norm" + dot + "1", in);
      w.conv(name + ".conv" + dot + "1", 128, in, 1);
      w.norm(name + ".norm" + dot + "2", 128);
      w.conv(name + ".conv" + dot + "2", 32, 128, 3);
      in += 32;
    }
    if (block == 4) break;
    const std::string name = fmt::format("features.transition{}", block);
    w.norm(name + ".norm", in);
    w.conv(name + ".conv", in / 2, in, 1);
    in /= 2;
  }
  w.norm("features.norm5", in);
  w.linear("classifier", 1000, in);
  return w.all;
}

inline NamedTensors mobilenet_v2() {
  Weights w;
  const auto unit = [&](const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    w.conv(name + ".0", out, in, kernel);
    w.norm(name + ".1", out);
  };
  unit("features.0", 32, 3, 3);
  int64_t in = 32;
  int at = 1;
  // Table 2 of the paper: expansion, width, repeats.
  for (const auto& [expansion, out, repeats] :
       {std::array<int64_t, 3>{1, 16, 1}, {6, 24, 2}, {6, 32, 3}, {6, 64, 4}, {6, 96, 3}, {6, 160, 3}, {6, 320, 1}}) {
    for (int64_t repeat = 0; repeat < repeats; ++repeat, ++at) {
      const std::string name = fmt::format("features.{}.conv", at);
      const int64_t middle = in * expansion;
      int part = 0;
      if (expansion > 1) unit(fmt::format("{}.{}", name, part++), middle, in, 1);
      unit(fmt::format("{}.{}", name, part++), middle, 1, 3);
      w.conv(fmt::format("{}.{}", name, part), out, middle, 1);
      w.norm(fmt::format("{}.{}", name, part + 1), out);
      in = out;
    }
  }
  unit("features.18", 1280, 320, 1);
  w.linear("classifier.1", 1000, 1280);
  return w.all;
}

inline NamedTensors efficientnet_b0() {
  Weights w;
  const auto unit = [&](const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    w.conv(name + ".0", out, in, kernel);
    w.norm(name + ".1", out);
  };
  unit("features.0", 32, 3, 3);
  int64_t in = 32;
  int stage = 1;
  // Table 1 of the paper: expansion, kernel, width, repeats.
  for (const auto& [expansion, kernel, out, repeats] : {std::array<int64_t, 4>{1, 3, 16, 1},
                                                        {6, 3, 24, 2},
                                                        {6, 5, 40, 2},
                                                        {6, 3, 80, 3},
                                                        {6, 5, 112, 3},
                                                        {6, 5, 192, 4},
                                                        {6, 3, 320, 1}}) {
    for (int64_t block = 0; block < repeats; ++block) {
      const std::string name = fmt::format("features.{}.{}.block", stage, block);
      const int64_t middle = in * expansion, squeezed = std::max<int64_t>(1, in / 4);
      int part = 0;
      if (expansion > 1) unit(fmt::format("{}.{}", name, part++), middle, in, 1);
      unit(fmt::format("{}.{}", name, part++), middle, 1, kernel);
      w.conv(fmt::format("{}.{}.fc1", name, part), squeezed, middle, 1, 0, true);
      w.conv(fmt::format("{}.{}.fc2", name, part++), middle, squeezed, 1, 0, true);
      unit(fmt::format("{}.{}", name, part), out, middle, 1);
      in = out;
    }
    ++stage;
  }
  unit("features.8", 1280, 320, 1);
  w.linear("classifier.1", 1000, 1280);
  return w.all;
}

inline NamedTensors convnext_tiny() {
  Weights w;
  w.conv("features.0.0", 96, 3, 4, 0, true);
  w.layer_norm("features.0.1", 96);
  const int depths[] = {3, 3, 9, 3};
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t width = 96 << stage;
    if (stage > 0) {
      w.layer_norm(fmt::format("features.{}.0", 2 * stage), width / 2);
      w.conv(fmt::format("features.{}.1", 2 * stage), width, width / 2, 2, 0, true);
    }
    for (int block = 0; block < depths[stage]; ++block) {
      const std::string name = fmt::format("features.{}.{}", 2 * stage + 1, block);
      w.add(name + ".layer_scale", {width, 1, 1});
      w.conv(name + ".block.0", width, 1, 7, 0, true);
      w.layer_norm(name + ".block.2", width);
      w.linear(name + ".block.3", 4 * width, width);
      w.linear(name + ".block.5", width, 4 * width);
    }
  }
  w.layer_norm("classifier.0", 768);
  w.linear("classifier.2", 1000, 768);
  return w.all;
}

// timm's names; `registers` > 0 with those and the scales of DINOv2.
inline NamedTensors vit(int64_t width, int depth, int64_t patch, int64_t side, int64_t registers = 0) {
  Weights w;
  w.add("cls_token", {1, 1, width});
  if (registers > 0) w.add("register_tokens", {1, registers, width}), w.add("mask_token", {1, width});
  w.add("pos_embed", {1, (side / patch) * (side / patch) + 1, width});
  w.conv("patch_embed.proj", width, 3, patch, 0, true);
  for (int block = 0; block < depth; ++block) {
    const std::string name = fmt::format("blocks.{}", block);
    w.layer_norm(name + ".norm1", width);
    w.linear(name + ".attn.qkv", 3 * width, width);
    w.linear(name + ".attn.proj", width, width);
    w.layer_norm(name + ".norm2", width);
    w.linear(name + ".mlp.fc1", 4 * width, width);
    w.linear(name + ".mlp.fc2", width, 4 * width);
    if (registers > 0) w.add(name + ".ls1.gamma", {width}), w.add(name + ".ls2.gamma", {width});
  }
  w.layer_norm("norm", width);
  if (registers == 0) w.linear("head", 1000, width);
  return w.all;
}

}  // namespace microtome::published
