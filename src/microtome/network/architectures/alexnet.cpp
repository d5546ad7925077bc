// SPDX-License-Identifier: Apache-2.0
// Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014), as torchvision has it.
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/modules.h"

namespace microtome::architectures {
namespace {

StoredNetwork build_alexnet(Modules& m, int side) {
  if (m.size("features.0.weight", 2) != 11) Modules::refuse("the kernel of \"features.0.weight\" is not 11x11");
  if (side == 0) side = 224;
  constexpr PoolOptions kPool{.kernel = 3, .stride = 2};
  ValueIndex x = m.picture(m.size("features.0.weight", 1), side);
  x = m.relu("features.1", m.conv("features.0", x, {.stride = 4, .pad = 2}));
  x = m.max_pool("features.2", x, kPool);
  x = m.relu("features.4", m.conv("features.3", x, {.half = true}));
  x = m.max_pool("features.5", x, kPool);
  for (const int at : {6, 8, 10}) {
    x = m.conv(fmt::format("features.{}", at), x, {.half = true});
    x = m.relu(fmt::format("features.{}", at + 1), x);
  }
  x = m.max_pool("features.12", x, kPool);
  if (m.has("classifier.1.weight")) {
    int length = (side + 4 - 11) / 4 + 1;
    for (int pool = 0; pool < 3; ++pool) length = (length - 3) / 2 + 1;
    x = m.flatten("flatten", m.adaptive_pool("avgpool", x, length, 6), 36);
    x = m.relu("classifier.2", m.linear("classifier.1", x));
    x = m.relu("classifier.5", m.linear("classifier.4", x));
    x = m.linear("classifier.6", x);
  }
  return m.finish(x, imagenet_input(side));
}

}  // namespace

extern const Architecture alexnet;
const Architecture alexnet = {"alexnet", "AlexNet (torchvision)", build_alexnet};

}  // namespace microtome::architectures
