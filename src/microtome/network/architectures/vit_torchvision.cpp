// SPDX-License-Identifier: Apache-2.0
// Dosovitskiy et al., "An Image is Worth 16x16 Words" (2020), under torchvision's names.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/transformer.h"

namespace microtome::architectures {
namespace {

StoredNetwork build_vit_torchvision(Modules& m, int) {
  const int64_t width = m.size("conv_proj.weight", 0), patch = m.size("conv_proj.weight", 2);
  const at::Tensor token = m.take("class_token", {1, 1, width});
  at::Tensor positions = m.take("encoder.pos_embedding", {1, -1, width});
  const auto length = static_cast<int64_t>(std::sqrt(static_cast<double>(positions.size(1) - 1)));
  const int side = static_cast<int>(length * patch);
  positions = at::cat({positions.narrow(1, 0, 1) + token, positions.narrow(1, 1, positions.size(1) - 1)}, 1);
  TransformerStyle style{"ln_1", "self_attention", ".in_proj_weight", ".in_proj_bias", ".out_proj",
                         "ln_2", "mlp.0",          "mlp.1",           "mlp.3"};
  if (m.has("encoder.layers.encoder_layer_0.mlp.linear_1.weight")) {  // until torchvision 0.12
    style.fc1 = "mlp.linear_1";
    style.act = "mlp.act";
    style.fc2 = "mlp.linear_2";
  }
  ValueIndex x = m.picture(m.size("conv_proj.weight", 1), side);
  x = patch_tokens(m, "conv_proj", x, positions, "encoder.dropout");
  const auto block_name = [](int block) { return fmt::format("encoder.layers.encoder_layer_{}", block); };
  for (int block = 0; block == 0 || m.has_below(block_name(block) + "."); ++block) {
    x = transformer_block(m, block_name(block), x, style);
  }
  x = m.head("heads.head", one_token(m, "cls", layer_norm(m, "encoder.ln", x, style.epsilon), 0));
  return m.finish(x, imagenet_input(side));
}

}  // namespace

extern const Architecture vit_torchvision;
const Architecture vit_torchvision = {"vit_torchvision", "ViT (torchvision's names)", build_vit_torchvision};

}  // namespace microtome::architectures
