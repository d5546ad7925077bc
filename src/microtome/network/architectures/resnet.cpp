// SPDX-License-Identifier: Apache-2.0
// He et al., "Deep Residual Learning for Image Recognition" (2015), with the widths and groups that the weights have:
// ResNet, ResNeXt, Wide ResNet; with the stride in the middle of a bottleneck, as torchvision and timm train them. A
// first convolution of 3x3 is that of the small ResNets for CIFAR: no stride, no pooling, pictures of 32 px.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/modules.h"

namespace microtome::architectures {
namespace {

// What is added to a block's result. Without weights of its own, every second position with zeros for the channels that
// are new (the "option A" of the paper).
ValueIndex resnet_shortcut(Modules& m, const std::string& name, ValueIndex x, int64_t channels, int64_t stride) {
  for (const char* kind : {".downsample", ".shortcut"}) {
    const std::string module = name + kind;
    if (!m.has(module + ".0.weight")) continue;
    return m.batch_norm(module + ".1", m.conv(module + ".0", x, {.stride = stride}));
  }
  if (stride == 1 && m.channels(x) == channels) return x;
  const int64_t more = channels - m.channels(x);
  if (more < 0 || more % 2 != 0) Modules::refuse(fmt::format("there is no \"{}.downsample.0.weight\"", name));
  const auto list = [&](const char* what, std::vector<int64_t> values) {
    return m.constant(fmt::format("{}.shortcut.{}", name, what), at::tensor(values, at::kLong));
  };
  const ValueIndex sampled = m.node("Slice", name + ".shortcut.sampled",
                                    {x, list("starts", {0, 0}), list("ends", {INT32_MAX, INT32_MAX}),
                                     list("axes", {2, 3}), list("steps", {stride, stride})});
  return m.node("Pad", name + ".shortcut", {sampled, list("pads", {0, more / 2, 0, 0, 0, more / 2, 0, 0})}, {},
                channels);
}

// Names of what comes after the sum as torch.fx gives them: the module `relu` is used two or three times.
ValueIndex resnet_block(Modules& m, const std::string& name, ValueIndex x, int64_t stride) {
  const bool bottleneck = m.has(name + ".conv3.weight");
  ValueIndex y = m.conv(name + ".conv1", x, {.stride = bottleneck ? 1 : stride, .half = true});
  y = m.relu(name + ".relu", m.batch_norm(name + ".bn1", y));
  y = m.conv(name + ".conv2", y, {.stride = bottleneck ? stride : 1, .half = true});
  y = m.batch_norm(name + ".bn2", y);
  if (bottleneck) {
    y = m.relu(name + ".relu_1", y);
    y = m.batch_norm(name + ".bn3", m.conv(name + ".conv3", y));
  }
  y = m.add(name + ".add", y, resnet_shortcut(m, name, x, m.channels(y), stride));
  return m.relu(name + (bottleneck ? ".relu_2" : ".relu_1"), y);
}

StoredNetwork build_resnet(Modules& m, int side) {
  const bool small = m.size("conv1.weight", 2) == 3;
  if (side == 0) side = small ? 32 : 224;
  ValueIndex x = m.picture(m.size("conv1.weight", 1), side);
  x = m.conv("conv1", x, {.stride = small ? 1 : 2, .half = true});
  x = m.relu("relu", m.batch_norm("bn1", x));
  if (!small) x = m.max_pool("maxpool", x, {.kernel = 3, .stride = 2, .pad = 1});
  for (int stage = 1; stage == 1 || m.has_below(fmt::format("layer{}.", stage)); ++stage) {
    for (int block = 0; block == 0 || m.has_below(fmt::format("layer{}.{}.", stage, block)); ++block) {
      x = resnet_block(m, fmt::format("layer{}.{}", stage, block), x, stage > 1 && block == 0 ? 2 : 1);
    }
  }
  x = m.head(m.has("linear.weight") ? "linear" : "fc", m.pooled("", x));
  if (!small) return m.finish(x, imagenet_input(side));
  StoredNetwork stored = m.finish_unstated(x, imagenet_input(side));
  stored.facts.notes.emplace_back(
      "its first convolution of 3x3 is taken for one without stride, with no pooling behind it");
  return stored;
}

}  // namespace

extern const Architecture resnet;
const Architecture resnet = {
    "resnet", "ResNet, ResNeXt, Wide ResNet (torchvision, timm), and ResNets for CIFAR with a first convolution of 3x3",
    build_resnet};

}  // namespace microtome::architectures
