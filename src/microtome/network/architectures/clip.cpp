// SPDX-License-Identifier: Apache-2.0
// Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021): the image encoders
// that OpenAI published, alone or as the part "visual." of the whole model; their output is the embedding.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/transformer.h"

namespace microtome::architectures {
namespace {

StoredNetwork build_clip_vit(Modules& m, int) {
  const std::string part = visual_part(m), conv = part + "conv1";
  const int64_t width = m.size(conv + ".weight", 0), patch = m.size(conv + ".weight", 2);
  constexpr double kEpsilon = 1e-5;
  const at::Tensor token = m.take(part + "class_embedding", {width});
  const at::Tensor positions = m.take(part + "positional_embedding", {-1, width});
  const auto length = static_cast<int64_t>(std::sqrt(static_cast<double>(positions.size(0) - 1)));
  const int side = static_cast<int>(length * patch);
  const at::Tensor front = positions.narrow(0, 0, 1) + token;
  const at::Tensor given = at::cat({front, positions.narrow(0, 1, positions.size(0) - 1)}, 0).unsqueeze(0);
  const TransformerStyle style{"ln_1",     "attn",     ".in_proj_weight", ".in_proj_bias", ".out_proj", "ln_2",
                               "mlp.c_fc", "mlp.gelu", "mlp.c_proj",      kEpsilon,        true};
  ValueIndex x = m.picture(m.size(conv + ".weight", 1), side);
  x = patch_tokens(m, conv, x, given, part + "embedded");
  x = layer_norm(m, part + "ln_pre", x, kEpsilon);
  const auto name = [&](int block) { return fmt::format("{}transformer.resblocks.{}", part, block); };
  for (int block = 0; block == 0 || m.has_below(name(block) + "."); ++block) {
    x = transformer_block(m, name(block), x, style);
  }
  x = layer_norm(m, part + "ln_post", one_token(m, part + "cls", x, 0), kEpsilon);
  if (m.has(part + "proj")) {
    const at::Tensor proj = m.take(part + "proj", {width, -1});
    x = m.node("MatMul", part + "embedding", {x, m.constant(part + "proj", proj)}, {}, proj.size(1));
  }
  StoredNetwork stored = m.finish(x, clip_input(side));
  stored.facts.notes.emplace_back(
      "its activation is taken for QuickGELU, as OpenAI trained; nothing in the file says it");
  return stored;
}

}  // namespace

extern const Architecture clip;
const Architecture clip = {"clip", "CLIP's vision transformers, as OpenAI published them", build_clip_vit};

}  // namespace microtome::architectures
