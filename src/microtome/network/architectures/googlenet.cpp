// SPDX-License-Identifier: Apache-2.0
// Szegedy et al., "Going Deeper with Convolutions" (2014), with batch norm, as torchvision has it.
#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/blocks.h"

namespace microtome::architectures {
namespace {

ValueIndex googlenet_block(Modules& m, const std::string& name, ValueIndex x) {
  const ValueIndex pooled = m.max_pool(name + ".branch4.0", x, {.kernel = 3, .stride = 1, .pad = 1, .ceil = true});
  return m.concat(name + ".cat", {basic_conv(m, name + ".branch1", x),
                                  basic_conv(m, name + ".branch2.1", basic_conv(m, name + ".branch2.0", x)),
                                  basic_conv(m, name + ".branch3.1", basic_conv(m, name + ".branch3.0", x)),
                                  basic_conv(m, name + ".branch4.1", pooled)});
}

StoredNetwork build_googlenet(Modules& m, int side) {
  if (side == 0) side = 224;
  constexpr PoolOptions kPool{.kernel = 3, .stride = 2, .ceil = true};
  m.leave_out("aux1.");
  m.leave_out("aux2.");
  ValueIndex x = m.picture(m.size("conv1.conv.weight", 1), side);
  x = m.max_pool("maxpool1", basic_conv(m, "conv1", x, {.stride = 2, .half = true}), kPool);
  x = m.max_pool("maxpool2", basic_conv(m, "conv3", basic_conv(m, "conv2", x)), kPool);
  for (const char* block : {"inception3a", "inception3b"}) x = googlenet_block(m, block, x);
  x = m.max_pool("maxpool3", x, kPool);
  for (const char* block : {"inception4a", "inception4b", "inception4c", "inception4d", "inception4e"}) {
    x = googlenet_block(m, block, x);
  }
  x = m.max_pool("maxpool4", x, {.kernel = 2, .stride = 2, .ceil = true});
  for (const char* block : {"inception5a", "inception5b"}) x = googlenet_block(m, block, x);
  return m.finish(m.head("fc", m.pooled("", x)), symmetric_input(side));
}

}  // namespace

extern const Architecture googlenet;
const Architecture googlenet = {"googlenet", "GoogLeNet with batch norm (torchvision)", build_googlenet};

}  // namespace microtome::architectures
