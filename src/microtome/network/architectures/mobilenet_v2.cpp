// SPDX-License-Identifier: Apache-2.0
// Sandler et al., "MobileNetV2" (2018), as torchvision has it.
#include <fmt/format.h>

#include <set>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/blocks.h"

namespace microtome::architectures {
namespace {

// Its last two modules are a convolution and its batch norm without a module around them.
ValueIndex linear_bottleneck(Modules& m, const std::string& name, ValueIndex x, int64_t stride) {
  constexpr double kEpsilon = 1e-5;
  const auto part = [&](int at) { return fmt::format("{}.conv.{}", name, at); };
  const int last = m.has(part(1) + ".0.weight") ? 2 : 1;
  ValueIndex y = x;
  for (int at = 0; at < last; ++at) {
    const ConvOptions options{.stride = at == last - 1 ? stride : 1, .half = true};
    y = conv_norm(m, part(at), y, &Modules::relu6, kEpsilon, options);
  }
  y = m.batch_norm(part(last + 1), m.conv(part(last), y), kEpsilon);
  return stride == 1 && m.channels(x) == m.channels(y) ? m.add(name + ".add", y, x) : y;
}

StoredNetwork build_mobilenet_v2(Modules& m, int side) {
  if (side == 0) side = 224;
  const std::set<int> reducing = {2, 4, 7, 14};
  constexpr int kBlocks = 17;
  ValueIndex x = m.picture(m.size("features.0.0.weight", 1), side);
  x = conv_norm(m, "features.0", x, &Modules::relu6, 1e-5, {.stride = 2, .half = true});
  for (int at = 1; at <= kBlocks; ++at) {
    x = linear_bottleneck(m, fmt::format("features.{}", at), x, reducing.count(at) ? 2 : 1);
  }
  x = conv_norm(m, "features.18", x, &Modules::relu6, 1e-5, {});
  return m.finish(m.head("classifier.1", m.pooled("", x)), imagenet_input(side));
}

}  // namespace

extern const Architecture mobilenet_v2;
const Architecture mobilenet_v2 = {"mobilenet_v2", "MobileNet v2 of any width (torchvision)", build_mobilenet_v2};

}  // namespace microtome::architectures
