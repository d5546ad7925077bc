// SPDX-License-Identifier: Apache-2.0
// Howard et al., "Searching for MobileNetV3" (2019), tables 1 and 2, as torchvision has it.
#include <fmt/format.h>

#include <set>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/blocks.h"

namespace microtome::architectures {
namespace {

struct MobileTable {
  int blocks;
  std::set<int> reducing;
  int first_swish;  // the first block with hard swish instead of rectifiers
};

StoredNetwork build_mobilenet_v3(Modules& m, int side) {
  if (side == 0) side = 224;
  constexpr double kEpsilon = 1e-3;
  const MobileTable large{15, {2, 4, 7, 13}, 7}, small{11, {1, 2, 4, 9}, 4};
  const MobileTable& table = m.has("features.16.0.weight") ? large : small;
  ValueIndex x = m.picture(m.size("features.0.0.weight", 1), side);
  x = conv_norm(m, "features.0", x, &Modules::hard_swish, kEpsilon, {.stride = 2, .half = true});
  for (int at = 1; at <= table.blocks; ++at) {
    const MobileStyle style{.activation = at < table.first_swish ? &Modules::relu : &Modules::hard_swish,
                            .hard_gate = true,
                            .epsilon = kEpsilon};
    const std::string name = fmt::format("features.{}", at);
    x = inverted_residual(m, name + ".block", name + ".add", x, table.reducing.count(at) ? 2 : 1, style);
  }
  x = conv_norm(m, fmt::format("features.{}", table.blocks + 1), x, &Modules::hard_swish, kEpsilon, {});
  x = m.pooled("", x);
  if (m.has("classifier.0.weight"))
    x = m.linear("classifier.3", m.hard_swish("classifier.1", m.linear("classifier.0", x)));
  return m.finish(x, imagenet_input(side));
}

}  // namespace

extern const Architecture mobilenet_v3;
const Architecture mobilenet_v3 = {"mobilenet_v3", "MobileNet v3, large and small (torchvision)", build_mobilenet_v3};

}  // namespace microtome::architectures
