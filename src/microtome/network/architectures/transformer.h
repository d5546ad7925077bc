// SPDX-License-Identifier: Apache-2.0
// What vision transformers are made of. Values are tokens [N,T,C].
#pragma once
#include <string>

#include "microtome/network/architectures/blocks.h"

namespace microtome {

// Over the last axis, with the weights of NAME, or of another module.
ValueIndex layer_norm(Modules& m, const std::string& name, ValueIndex x, double epsilon, const std::string& key = {});

// y = x w^T + b; the product without b is NAME.product. The weights are `weight` and `bias`, the latter where it is
// there.
ValueIndex token_linear(Modules& m, const std::string& name, ValueIndex x, const std::string& weight,
                        const std::string& bias);
ValueIndex token_linear(Modules& m, const std::string& name, ValueIndex x);

// x * sigmoid(1.702 x), OpenAI's.
ValueIndex quick_gelu(Modules& m, const std::string& name, ValueIndex x);

// How a family of transformers calls the parts of a block.
struct TransformerStyle {
  std::string norm1, attention, qkv_weight, qkv_bias, proj, norm2, fc1, act, fc2;
  double epsilon = 1e-6;
  bool quick = false;  // QuickGELU
};

// x + attention(norm1(x)), then the same with the two-layer network behind norm2; each part times ls1.gamma and
// ls2.gamma where they are there. `name` is the block's. Values of the attention: NAME.ATTENTION.qkv, .softmax (of each
// head, [N,heads,T,T]), .heads (what the heads read, before the projection).
ValueIndex transformer_block(Modules& m, const std::string& name, ValueIndex x, const TransformerStyle& style);

// Heads of a transformer of this width as the published ones have them; Error(kUnsupported) with an empty `where` for
// other widths, since nothing in the weights says it.
int64_t published_heads(int64_t width);

// The patches of [N,C,H,W] as tokens, behind as many tokens of their own as `given` has more than there are patches;
// `given` [1,T,C] (the positions, with the class token and registers) is added. The sum bears the name `sum`.
ValueIndex patch_tokens(Modules& m, const std::string& conv, ValueIndex x, const at::Tensor& given,
                        const std::string& sum);

// CLIP's mean and deviation.
Preprocessing clip_input(int side);

// "visual." in the weights of a whole CLIP, whose text encoder is left out; empty in those of the image encoder alone.
std::string visual_part(Modules& m);

// Token i as [N,C].
ValueIndex one_token(Modules& m, const std::string& name, ValueIndex x, int64_t i);

}  // namespace microtome
