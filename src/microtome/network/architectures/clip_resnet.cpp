// SPDX-License-Identifier: Apache-2.0
// The image encoders of CLIP (Radford et al. 2021) that are ResNets: a stem of three convolutions, means instead of
// strides, attention instead of the last pooling. Alone or as the part "visual." of the whole model.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/transformer.h"

namespace microtome::architectures {
namespace {

constexpr PoolOptions kHalving{.kernel = 2, .stride = 2};

ValueIndex clip_unit(Modules& m, const std::string& name, int which, ValueIndex x, int64_t stride = 1) {
  const std::string number = std::to_string(which);
  x = m.conv(name + "conv" + number, x, {.stride = stride, .half = true});
  return m.relu(name + "relu" + number, m.batch_norm(name + "bn" + number, x));
}

ValueIndex clip_block(Modules& m, const std::string& name, ValueIndex x, bool reduces) {
  ValueIndex y = clip_unit(m, name + ".", 2, clip_unit(m, name + ".", 1, x));
  if (reduces) y = m.average_pool(name + ".avgpool", y, kHalving);
  y = m.batch_norm(name + ".bn3", m.conv(name + ".conv3", y));
  const std::string shortcut = name + ".downsample";
  if (m.has(shortcut + ".0.weight")) {
    if (reduces) x = m.average_pool(shortcut + ".-1", x, kHalving);
    x = m.batch_norm(shortcut + ".1", m.conv(shortcut + ".0", x));
  }
  return m.relu(name + ".relu3", m.add(name + ".add", y, x));
}

// The mean of all positions asks the positions and itself.
ValueIndex attention_pool(Modules& m, const std::string& name, ValueIndex x) {
  const int64_t width = m.channels(x), heads = width / 64;
  const auto list = [&](const char* what, std::vector<int64_t> values) {
    return m.constant(name + "." + what, at::tensor(values, at::kLong));
  };
  ValueIndex y = m.node("Reshape", name + ".rows", {x, list("rows.shape", {0, width, -1})});
  y = m.node("Transpose", name + ".tokens", {y}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const ValueIndex mean = m.node("ReduceMean", name + ".mean", {y, list("mean.axes", {1})});
  y = m.node("Concat", name + ".cat", {mean, y}, {{"axis", int64_t{1}}});
  const at::Tensor positions = m.take(name + ".positional_embedding", {-1, width}).unsqueeze(0);
  y = m.node("Add", name + ".embedded", {y, m.constant(name + ".positional_embedding", positions)});
  const auto by_heads = [&](const std::string& which, ValueIndex tokens) {
    const ValueIndex projected = token_linear(m, name + "." + which + "_proj", tokens);
    const std::vector<int64_t> split = {0, -1, heads, width / heads};
    const ValueIndex parts =
        m.node("Reshape", name + "." + which, {projected, list((which + ".shape").c_str(), split)});
    return m.node("Transpose", name + "." + which + ".heads", {parts},
                  {{"perm", which == "k" ? std::vector<int64_t>{0, 2, 3, 1} : std::vector<int64_t>{0, 2, 1, 3}}});
  };
  const ValueIndex first = m.node("Slice", name + ".query",
                                  {y, list("query.starts", {0}), list("query.ends", {1}), list("query.axes", {1})});
  const double factor = 1 / std::sqrt(static_cast<double>(width / heads));
  const ValueIndex scale = m.constant(name + ".scale", at::scalar_tensor(factor, at::kFloat));
  const ValueIndex q = m.node("Mul", name + ".scaled", {by_heads("q", first), scale});
  const ValueIndex scores = m.node("MatMul", name + ".scores", {q, by_heads("k", y)});
  const ValueIndex read = m.node("Softmax", name + ".softmax", {scores}, {{"axis", int64_t{-1}}});
  y = m.node("MatMul", name + ".read", {read, by_heads("v", y)});
  y = m.node("Reshape", name + ".flatten", {y, list("flatten.shape", {0, -1})}, {}, width);
  return m.linear(name + ".c_proj", y);
}

StoredNetwork build_clip_resnet(Modules& m, int) {
  const std::string part = visual_part(m);
  const int64_t positions = m.size(part + "attnpool.positional_embedding", 0) - 1;
  const int side = 32 * static_cast<int>(std::sqrt(static_cast<double>(positions)));
  ValueIndex x = m.picture(m.size(part + "conv1.weight", 1), side);
  for (int which = 1; which <= 3; ++which) x = clip_unit(m, part, which, x, which == 1 ? 2 : 1);
  x = m.average_pool(part + "avgpool", x, kHalving);
  for (int stage = 1; stage == 1 || m.has_below(fmt::format("{}layer{}.", part, stage)); ++stage) {
    for (int block = 0; block == 0 || m.has_below(fmt::format("{}layer{}.{}.", part, stage, block)); ++block) {
      x = clip_block(m, fmt::format("{}layer{}.{}", part, stage, block), x, stage > 1 && block == 0);
    }
  }
  return m.finish(attention_pool(m, part + "attnpool", x), clip_input(side));
}

}  // namespace

extern const Architecture clip_resnet;
const Architecture clip_resnet = {"clip_resnet", "CLIP's ResNets, as OpenAI published them", build_clip_resnet};

}  // namespace microtome::architectures
