// SPDX-License-Identifier: Apache-2.0
// Vision transformers under timm's names: Dosovitskiy et al. (2020), DeiT (Touvron et al. 2020, also distilled) and
// DINOv2 (Oquab et al. 2023) with and without registers (Darcet et al. 2023).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/transformer.h"

namespace microtome::architectures {
namespace {

const TransformerStyle kTimm{"norm1", "attn",    ".qkv.weight", ".qkv.bias", ".proj",
                             "norm2", "mlp.fc1", "mlp.act",     "mlp.fc2"};

// Positions of a square of patches for another square. `meta`: as DINOv2's own code without registers does, which
// samples at (length + 0.1) / old; else antialiased, as it and timm do.
at::Tensor resampled(const at::Tensor& positions, int64_t length, bool meta) {
  const auto old = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(positions.size(1)))));
  if (old == length) return positions;
  constexpr double kOffset = 0.1;
  const at::Tensor map = positions.reshape({1, old, old, -1}).permute({0, 3, 1, 2}).contiguous();
  const double scale = (static_cast<double>(length) + kOffset) / static_cast<double>(old);
  const at::Tensor made = meta ? at::upsample_bicubic2d(map, {length, length}, false, scale, scale)
                               : at::_upsample_bicubic2d_aa(map, {length, length}, false);
  return made.permute({0, 2, 3, 1}).reshape({1, length * length, -1});
}

struct OwnTokens {
  at::Tensor tokens;     // [1,k,C]: class, distillation
  at::Tensor registers;  // [1,r,C], undefined where there are none
};

OwnTokens own_tokens(Modules& m, int64_t width) {
  OwnTokens own{.tokens = m.take("cls_token", {1, 1, width}), .registers = {}};
  if (m.has("dist_token")) own.tokens = at::cat({own.tokens, m.take("dist_token", {1, 1, width})}, 1);
  for (const char* key : {"register_tokens", "reg_token"}) {
    if (m.has(key)) own.registers = m.take(key, {1, -1, width});
  }
  return own;
}

// What is added to the patches, with the tokens that stand before them. timm's DINOv2 has positions for patches alone.
at::Tensor given_tokens(const OwnTokens& own, const at::Tensor& positions, int64_t length, bool meta) {
  const int64_t count = own.tokens.size(1);
  const auto square = [](int64_t n) {
    const auto root = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(n))));
    return root * root == n;
  };
  const int64_t before = square(positions.size(1) - count) ? count : 0;
  if (!square(positions.size(1) - before)) Modules::refuse("\"pos_embed\" is none of a square of patches");
  at::Tensor front = own.tokens;
  if (before > 0) front = front + positions.narrow(1, 0, before);
  if (own.registers.defined()) front = at::cat({front, own.registers}, 1);
  const at::Tensor patches = positions.narrow(1, before, positions.size(1) - before);
  return at::cat({front, resampled(patches, length, meta)}, 1);
}

// Distilled DeiT averages the logits of its two heads.
ValueIndex vit_logits(Modules& m, ValueIndex x) {
  const ValueIndex logits = m.head("head", one_token(m, "cls", x, 0));
  if (!m.has("head_dist.weight")) return logits;
  const ValueIndex other = m.linear("head_dist", one_token(m, "dist", x, 1));
  return m.node("Mean", "logits", {logits, other});
}

StoredNetwork build_vit(Modules& m, int side) {
  const int64_t width = m.size("patch_embed.proj.weight", 0), patch = m.size("patch_embed.proj.weight", 2);
  const bool meta = m.has("mask_token");  // of Meta's own files of DINOv2, which they run at 224
  m.leave_out("mask_token");
  const OwnTokens own = own_tokens(m, width);
  const at::Tensor positions = m.take("pos_embed", {1, -1, width});
  const auto trained = static_cast<int>(std::sqrt(static_cast<double>(positions.size(1)))) * static_cast<int>(patch);
  if (side == 0) side = meta ? 224 / static_cast<int>(patch) * static_cast<int>(patch) : trained;
  if (side % patch != 0) Modules::refuse(fmt::format("a side of {} is no multiple of the patches' {}", side, patch));
  ValueIndex x = m.picture(m.size("patch_embed.proj.weight", 1), side);
  const at::Tensor given = given_tokens(own, positions, side / patch, meta && !own.registers.defined());
  x = patch_tokens(m, "patch_embed.proj", x, given, "pos_drop");
  if (m.has("norm_pre.weight")) x = layer_norm(m, "norm_pre", x, kTimm.epsilon);
  for (int block = 0; block == 0 || m.has_below(fmt::format("blocks.{}.", block)); ++block) {
    x = transformer_block(m, fmt::format("blocks.{}", block), x, kTimm);
  }
  const ValueIndex logits = vit_logits(m, layer_norm(m, "norm", x, kTimm.epsilon));
  const bool told = meta || m.has("dist_token") || own.registers.defined();
  return told ? m.finish(logits, imagenet_input(side)) : m.finish_unstated(logits, symmetric_input(side));
}

}  // namespace

extern const Architecture vit;
const Architecture vit = {"vit", "ViT, DeiT, DINOv2 with and without registers (timm's names, Meta's files)",
                          build_vit};

}  // namespace microtome::architectures
