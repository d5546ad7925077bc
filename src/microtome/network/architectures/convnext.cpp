// SPDX-License-Identifier: Apache-2.0
// Liu et al., "A ConvNet for the 2020s" (2022), under torchvision's and timm's names. Its linear layers are applied as
// convolutions of 1x1, so that their values are maps [N,C,H,W] like all others.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/transformer.h"

namespace microtome::architectures {
namespace {

constexpr double kConvNextEpsilon = 1e-6;

// Over the channels of each position.
ValueIndex channel_norm(Modules& m, const std::string& name, ValueIndex x) {
  const auto turned = [&](const char* part, ValueIndex value, std::vector<int64_t> order) {
    return m.node("Transpose", name + part, {value}, {{"perm", std::move(order)}});
  };
  x = layer_norm(m, name + ".last", turned(".first", x, {0, 2, 3, 1}), kConvNextEpsilon, name);
  return turned("", x, {0, 3, 1, 2});
}

struct ConvNextNames {
  std::string stages, blocks, depthwise, norm, expand, act, shrink, gamma;
  bool timm;
};
const ConvNextNames kTorchvisionNames{"features.", "",        "block.0",     "block.2", "block.3",
                                      "block.4",   "block.5", "layer_scale", false};
const ConvNextNames kTimmNames{"stages.", ".blocks", "conv_dw", "norm", "mlp.fc1", "mlp.act", "mlp.fc2", "gamma", true};

ValueIndex convnext_block(Modules& m, const std::string& name, ValueIndex x, const ConvNextNames& names) {
  ValueIndex y = m.conv(name + "." + names.depthwise, x, {.half = true});
  y = channel_norm(m, name + "." + names.norm, y);
  y = m.gelu(name + "." + names.act, m.pointwise(name + "." + names.expand, y));
  y = m.pointwise(name + "." + names.shrink, y);
  const std::string gamma = name + "." + names.gamma;
  if (m.has(gamma)) {
    const int64_t width = m.channels(y);
    const at::Tensor scale = names.timm ? m.take(gamma, {width}).view({width, 1, 1}) : m.take(gamma, {width, 1, 1});
    y = m.node("Mul", name + ".scaled", {y, m.constant(gamma, scale)});
  }
  return m.add(name + ".add", x, y);
}

// torchvision counts stem, stages and what lies between them in turn.
ValueIndex convnext_stages(Modules& m, ValueIndex x, const ConvNextNames& names) {
  const auto stage_name = [&](int stage) {
    return fmt::format("{}{}", names.stages, names.timm ? stage : 2 * stage + 1);
  };
  for (int stage = 0; stage == 0 || m.has_below(stage_name(stage) + "."); ++stage) {
    const std::string between =
        names.timm ? stage_name(stage) + ".downsample" : fmt::format("{}{}", names.stages, 2 * stage);
    if (stage > 0) x = m.conv(between + ".1", channel_norm(m, between + ".0", x), {.stride = 2});
    const auto block_name = [&](int block) { return fmt::format("{}{}.{}", stage_name(stage), names.blocks, block); };
    for (int block = 0; block == 0 || m.has_below(block_name(block) + "."); ++block) {
      x = convnext_block(m, block_name(block), x, names);
    }
  }
  return x;
}

StoredNetwork build_convnext(Modules& m, int side) {
  if (side == 0) side = 224;
  const ConvNextNames& names = m.has("stem.0.weight") ? kTimmNames : kTorchvisionNames;
  const std::string conv = names.timm ? "stem.0" : "features.0.0", norm = names.timm ? "stem.1" : "features.0.1";
  ValueIndex x = m.picture(m.size(conv + ".weight", 1), side);
  x = channel_norm(m, norm, m.conv(conv, x, {.stride = m.size(conv + ".weight", 2)}));
  x = convnext_stages(m, x, names);
  x = m.node("GlobalAveragePool", names.timm ? "head.global_pool" : "avgpool", {x});
  const std::string last = names.timm ? "head.norm" : "classifier.0";
  if (m.has(last + ".weight")) x = channel_norm(m, last, x);
  x = m.flatten(names.timm ? "head.flatten" : "classifier.1", x, 1);
  x = m.head(names.timm ? "head.fc" : "classifier.2", x);
  return m.finish(x, imagenet_input(side, 236));
}

}  // namespace

extern const Architecture convnext;
const Architecture convnext = {"convnext", "ConvNeXt tiny to large (torchvision, timm)", build_convnext};

}  // namespace microtome::architectures
