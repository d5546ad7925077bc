// SPDX-License-Identifier: Apache-2.0
// Tan and Le, "EfficientNet" (2019) and "EfficientNetV2" (2021), as torchvision has them.
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/blocks.h"

namespace microtome::architectures {
namespace {

// How torchvision trained the networks of this many blocks.
struct EfficientTable {
  int blocks;
  int64_t last;  // channels of the last convolution; 0: any
  int side, resize_short;
  double epsilon;
};
constexpr EfficientTable kEfficientNets[] = {
    {16, 0, 224, 256, 1e-5},    {23, 1280, 240, 255, 1e-5}, {23, 1408, 288, 288, 1e-5}, {26, 0, 300, 320, 1e-5},
    {32, 0, 380, 384, 1e-5},    {39, 0, 456, 456, 1e-3},    {45, 0, 528, 528, 1e-3},    {55, 0, 600, 600, 1e-3},
    {40, 1280, 384, 384, 1e-3}, {57, 1280, 480, 480, 1e-3}, {79, 1280, 480, 480, 1e-3}};

const EfficientTable& efficient_table(Modules& m, int stages) {
  int blocks = 0;
  for (int stage = 1; stage <= stages; ++stage) {
    int block = 0;
    while (m.has_below(fmt::format("features.{}.{}.block.", stage, block))) ++block;
    blocks += block;
  }
  const int64_t last = m.size(fmt::format("features.{}.0.weight", stages + 1), 0);
  for (const EfficientTable& table : kEfficientNets) {
    if (table.blocks == blocks && (table.last == 0 || table.last == last)) return table;
  }
  Modules::refuse(fmt::format("there are {} blocks, which none of the published networks has", blocks));
}

StoredNetwork build_efficientnet(Modules& m, int side) {
  const bool fused = !m.has("features.1.0.block.1.fc1.weight");
  int stages = 0;
  while (m.has_below(fmt::format("features.{}.0.block.", stages + 1))) ++stages;
  const EfficientTable& table = efficient_table(m, stages);
  if (side == 0) side = table.side;
  const MobileStyle style{.activation = &Modules::silu, .squeeze = &Modules::silu, .epsilon = table.epsilon};
  ValueIndex x = m.picture(m.size("features.0.0.weight", 1), side);
  x = conv_norm(m, "features.0", x, style.activation, style.epsilon, {.stride = 2, .half = true});
  for (int stage = 1; stage <= stages; ++stage) {
    const bool reduces = stage == 2 || stage == 3 || stage == 4 || stage == 6;
    for (int block = 0; block == 0 || m.has_below(fmt::format("features.{}.{}.", stage, block)); ++block) {
      const std::string name = fmt::format("features.{}.{}", stage, block);
      x = inverted_residual(m, name + ".block", name + ".add", x, reduces && block == 0 ? 2 : 1, style);
    }
  }
  x = conv_norm(m, fmt::format("features.{}", stages + 1), x, style.activation, style.epsilon, {});
  x = m.head("classifier.1", m.pooled("", x));
  const bool symmetric = fused && table.blocks == 79;  // v2 large alone
  return m.finish(x, symmetric ? symmetric_input(side, table.resize_short) : imagenet_input(side, table.resize_short));
}

}  // namespace

extern const Architecture efficientnet;
const Architecture efficientnet = {"efficientnet", "EfficientNet b0 to b7 and v2 small to large (torchvision)",
                                   build_efficientnet};

}  // namespace microtome::architectures
