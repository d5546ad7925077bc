// SPDX-License-Identifier: Apache-2.0
// Simonyan and Zisserman, "Very Deep Convolutional Networks" (2014), with and without batch norm, as torchvision has
// it: numbers that are left out between convolutions are the poolings.
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/modules.h"

namespace microtome::architectures {
namespace {

StoredNetwork build_vgg(Modules& m, int side) {
  if (m.size("features.0.weight", 2) != 3) Modules::refuse("the kernel of \"features.0.weight\" is not 3x3");
  if (side == 0) side = 224;
  const auto part = [](int at) { return fmt::format("features.{}", at); };
  ValueIndex x = m.picture(m.size("features.0.weight", 1), side);
  int at = 0, length = side;
  while (m.has(part(at) + ".weight")) {
    x = m.conv(part(at), x, {.half = true});
    if (m.has(part(at + 1) + ".running_mean")) x = m.batch_norm(part(++at), x);
    x = m.relu(part(at + 1), x);
    at += 2;
    // A pooling, or the end of the features.
    if (m.has(part(at) + ".weight")) continue;
    x = m.max_pool(part(at++), x, {});
    length /= 2;
  }
  if (m.has("classifier.0.weight")) {
    x = m.flatten("flatten", m.adaptive_pool("avgpool", x, length, 7), 49);
    x = m.relu("classifier.1", m.linear("classifier.0", x));
    x = m.relu("classifier.4", m.linear("classifier.3", x));
    x = m.linear("classifier.6", x);
  }
  return m.finish(x, imagenet_input(side));
}

}  // namespace

extern const Architecture vgg;
const Architecture vgg = {"vgg", "VGG 11 to 19, with and without batch norm (torchvision)", build_vgg};

}  // namespace microtome::architectures
