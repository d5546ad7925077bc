// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/dots.h"

#include <ATen/ATen.h>

#include <array>
#include <vector>

#include "microtome/base/rng.h"

namespace microtome {
namespace {

constexpr std::array<int64_t, 4> kDotSides = {1, 2, 4, 8};
constexpr int64_t kApart = 4;  // sides from one place of a dot to the next
constexpr double kFilled = 0.5;

// Each channel full or empty.
std::vector<float> strong_colour(int64_t channels, Rng& rng) {
  std::vector<float> colour;
  for (int64_t c = 0; c < channels; ++c) colour.push_back(rng.chance(0.5) ? 1.0F : 0.0F);
  return colour;
}

}  // namespace

at::Tensor dotted_pictures(const Canvas& canvas, uint64_t seed, std::span<const uint64_t> keys, int which) {
  at::Tensor pictures = at::empty({canvas.count, canvas.channels, canvas.height, canvas.width});
  const int64_t side = kDotSides[static_cast<size_t>(which) / 4 % kDotSides.size()], step = kApart * side;
  for (int64_t n = 0; n < canvas.count; ++n) {
    Rng rng(seed, "dots", keys[static_cast<size_t>(n)], static_cast<uint64_t>(which));
    at::Tensor picture = pictures[n];
    const std::vector<float> ground = strong_colour(canvas.channels, rng);
    constexpr std::array<float, 3> kGrounds = {0, 1, 0.5F};
    const auto colour_of = [&](const std::vector<float>& colour, int64_t c) { return colour[static_cast<size_t>(c)]; };
    for (int64_t c = 0; c < canvas.channels; ++c) {
      picture[c].fill_(which % 4 < 3 ? kGrounds[static_cast<size_t>(which) % 4] : colour_of(ground, c));
    }
    for (int64_t y = 0; y < canvas.height; y += step) {
      for (int64_t x = 0; x < canvas.width; x += step) {
        const std::vector<float> colour = strong_colour(canvas.channels, rng);
        if (!rng.chance(kFilled)) continue;
        for (int64_t c = 0; c < canvas.channels; ++c)
          picture[c].slice(0, y, y + side).slice(1, x, x + side).fill_(colour_of(colour, c));
      }
    }
  }
  return pictures;
}

}  // namespace microtome
