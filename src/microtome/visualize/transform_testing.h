// SPDX-License-Identifier: Apache-2.0
// For tests of transforms: draws by text, and what a network sees of a picture.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "microtome/visualize/transform.h"

namespace microtome::testing {

inline constexpr int64_t kSide = 20;

inline Draw draw_of(const std::string& text, uint64_t step = 0, int64_t side = kSide) {
  return TransformList(text).draw(Rng(1, "transform", 0, step), side, side);
}

inline std::vector<Draw> draws_of(const std::string& text, uint64_t count, int64_t side = kSide) {
  std::vector<Draw> draws;
  for (uint64_t i = 0; i < count; ++i) draws.push_back(draw_of(text, i, side));
  return draws;
}

inline at::Tensor applied(const at::Tensor& picture, const Draw& draw, int64_t height = kSide, int64_t width = kSide) {
  return apply(picture, std::span(&draw, 1), {.height = height, .width = width});
}

// What a network sees of a picture [1,C,H,W], by the text of its transforms.
inline at::Tensor seen(const at::Tensor& picture, const std::string& text, uint64_t step = 0) {
  return applied(picture, draw_of(text, step), picture.size(2), picture.size(3));
}

}  // namespace microtome::testing
