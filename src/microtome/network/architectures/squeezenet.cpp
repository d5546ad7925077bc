// SPDX-License-Identifier: Apache-2.0
// Iandola et al., "SqueezeNet" (2016), versions 1.0 and 1.1, as torchvision has it: numbers that are left out between
// fire modules are the poolings.
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/modules.h"

namespace microtome::architectures {
namespace {

ValueIndex fire(Modules& m, const std::string& name, ValueIndex x) {
  x = m.relu(name + ".squeeze_activation", m.conv(name + ".squeeze", x));
  const ValueIndex one = m.relu(name + ".expand1x1_activation", m.conv(name + ".expand1x1", x));
  const ValueIndex three = m.relu(name + ".expand3x3_activation", m.conv(name + ".expand3x3", x, {.half = true}));
  return m.concat(name + ".cat", {one, three});
}

StoredNetwork build_squeezenet(Modules& m, int side) {
  if (side == 0) side = 224;
  constexpr PoolOptions kPool{.kernel = 3, .stride = 2, .ceil = true};
  ValueIndex x = m.picture(m.size("features.0.weight", 1), side);
  x = m.relu("features.1", m.conv("features.0", x, {.stride = 2}));
  x = m.max_pool("features.2", x, kPool);
  for (int at = 3;; ++at) {
    const std::string name = fmt::format("features.{}", at);
    const bool more = m.has_below(fmt::format("features.{}.", at + 1));
    if (!m.has_below(name + ".") && !more) break;
    x = m.has_below(name + ".") ? fire(m, name, x) : m.max_pool(name, x, kPool);
  }
  if (m.has("classifier.1.weight")) {
    x = m.pooled("classifier.3", m.relu("classifier.2", m.conv("classifier.1", x)));
  }
  return m.finish(x, imagenet_input(side));
}

}  // namespace

extern const Architecture squeezenet;
const Architecture squeezenet = {"squeezenet", "SqueezeNet 1.0 and 1.1 (torchvision)", build_squeezenet};

}  // namespace microtome::architectures
