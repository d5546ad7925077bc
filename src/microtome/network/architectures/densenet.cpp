// SPDX-License-Identifier: Apache-2.0
// Huang et al., "Densely Connected Convolutional Networks" (2016), as torchvision has it.
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/modules.h"

namespace microtome::architectures {
namespace {

// Files from before PyTorch 0.4 call norm1 "norm.1".
ValueIndex dense_layer(Modules& m, const std::string& name, ValueIndex x) {
  const std::string dot = m.has(name + ".norm.1.weight") ? "." : "";
  ValueIndex y = m.relu(name + ".relu1", m.batch_norm(name + ".norm1", x, 1e-5, name + ".norm" + dot + "1"));
  y = m.conv(name + ".conv1", y, {}, name + ".conv" + dot + "1");
  y = m.relu(name + ".relu2", m.batch_norm(name + ".norm2", y, 1e-5, name + ".norm" + dot + "2"));
  y = m.conv(name + ".conv2", y, {.half = true}, name + ".conv" + dot + "2");
  return m.concat(name + ".cat", {x, y});
}

StoredNetwork build_densenet(Modules& m, int side) {
  if (side == 0) side = 224;
  ValueIndex x = m.picture(m.size("features.conv0.weight", 1), side);
  x = m.conv("features.conv0", x, {.stride = 2, .half = true});
  x = m.relu("features.relu0", m.batch_norm("features.norm0", x));
  x = m.max_pool("features.pool0", x, {.kernel = 3, .stride = 2, .pad = 1});
  for (int block = 1; block == 1 || m.has_below(fmt::format("features.denseblock{}.", block)); ++block) {
    for (int layer = 1;; ++layer) {
      const std::string name = fmt::format("features.denseblock{}.denselayer{}", block, layer);
      if (layer > 1 && !m.has_below(name + ".")) break;
      x = dense_layer(m, name, x);
    }
    const std::string name = fmt::format("features.transition{}", block);
    if (!m.has_below(name + ".")) continue;
    x = m.relu(name + ".relu", m.batch_norm(name + ".norm", x));
    x = m.average_pool(name + ".pool", m.conv(name + ".conv", x), {});
  }
  x = m.relu("relu", m.batch_norm("features.norm5", x));
  return m.finish(m.head("classifier", m.pooled("", x)), imagenet_input(side));
}

}  // namespace

extern const Architecture densenet;
const Architecture densenet = {"densenet", "DenseNet 121 to 201 (torchvision)", build_densenet};

}  // namespace microtome::architectures
