// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/compose.h"

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

Image as_rgb(const Image& image) {
  if (image.channels == 3) return image;
  Image rgb(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* from = image.at(x, y);
      const int alpha = image.channels == 4 ? from[3] : 255;
      for (int c = 0; c < 3; ++c) {
        const int light = from[image.channels == 1 ? 0 : c];
        rgb.at(x, y)[c] = static_cast<uint8_t>((light * alpha + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
  return rgb;
}

// Where a target pixel's centre falls among source cells: between `low` and `high`, `t` of the way.
void expect_level_a_pixel(const Image& image, std::span<const float> level) {
  if (level.size() == static_cast<size_t>(image.width) * static_cast<size_t>(image.height)) return;
  throw Error(ErrorKind::kUsage, "activation map", "it does not have one level for each pixel of the picture");
}

struct Stop {
  float at;
  float red, green, blue, alpha;
};
// From invisible over violet and orange to pale yellow: lightness rises all the way, so the map reads in grey too.
constexpr Stop kHeat[] = {
    {0.00f, 40, 11, 84, 0.00f},   {0.25f, 101, 21, 110, 0.45f},  {0.50f, 188, 55, 84, 0.65f},
    {0.75f, 237, 125, 30, 0.75f}, {1.00f, 252, 245, 160, 0.85f},
};

Stop heat_at(float level) {
  size_t next = 1;
  while (next + 1 < std::size(kHeat) && kHeat[next].at < level) ++next;
  const Stop &a = kHeat[next - 1], &b = kHeat[next];
  const float t = (level - a.at) / (b.at - a.at);
  const auto mix = [t](float from, float to) { return from + t * (to - from); };
  return {level, mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue), mix(a.alpha, b.alpha)};
}

uint8_t blend(uint8_t under, float over, float alpha) {
  return static_cast<uint8_t>(static_cast<float>(under) * (1 - alpha) + over * alpha + 0.5f);
}

}  // namespace

Image contact_sheet(std::span<const Image> tiles, int columns, int tile_px, int gap_px, uint8_t background) {
  if (columns < 1 || tile_px < 1 || gap_px < 0) throw Error(ErrorKind::kUsage, "contact sheet", "impossible layout");
  const int rows = (static_cast<int>(tiles.size()) + columns - 1) / columns;
  const auto length = [&](int count) { return count * tile_px + (count + 1) * gap_px; };
  Image sheet(length(columns), length(rows), 3, background);
  for (size_t i = 0; i < tiles.size(); ++i) {
    const Image tile = resize_bilinear(as_rgb(tiles[i]), tile_px, tile_px);
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    for (int y = 0; y < tile_px; ++y) {
      uint8_t* target = sheet.at(length(column), length(row) + y);
      std::copy_n(tile.at(0, y), 3 * static_cast<size_t>(tile_px), target);
    }
  }
  return sheet;
}

namespace {

constexpr uint8_t kOutline[3] = {255, 220, 50};

// Which pixels of a picture are on, and which of them lie at the mask's rim. The picture's edge is no rim.
class Mask {
 public:
  Mask(const Image& image, std::span<const float> level, float threshold)
      : width_(image.width), height_(image.height), on_(level.size()) {
    expect_level_a_pixel(image, level);
    std::ranges::transform(level, on_.begin(), [&](float value) { return value > threshold; });
  }
  bool on(int x, int y) const {
    return on_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)] != 0;
  }
  // Whether one of the four pixels beside it is `state`.
  bool beside(int x, int y, bool state) const {
    return (x > 0 && on(x - 1, y) == state) || (x + 1 < width_ && on(x + 1, y) == state) ||
           (y > 0 && on(x, y - 1) == state) || (y + 1 < height_ && on(x, y + 1) == state);
  }

 private:
  int width_, height_;
  std::vector<char> on_;
};

void darken(uint8_t* pixel) {
  for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>((pixel[c] + 2) / 5);
}

}  // namespace

Image draw_mask(const Image& image, std::span<const float> level, float threshold) {
  Image out = as_rgb(image);
  const Mask mask(out, level, threshold);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      if (!mask.on(x, y)) {
        darken(out.at(x, y));
      } else if (mask.beside(x, y, false)) {
        std::copy_n(kOutline, 3, out.at(x, y));
      }
    }
  }
  return out;
}

Image draw_outline(const Image& image, std::span<const float> level, float threshold) {
  Image out = as_rgb(image);
  const Mask mask(out, level, threshold);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      if (!mask.beside(x, y, !mask.on(x, y))) continue;
      if (mask.on(x, y)) {
        std::copy_n(kOutline, 3, out.at(x, y));
      } else {
        darken(out.at(x, y));
      }
    }
  }
  return out;
}

Image draw_signed(const Image& image, std::span<const float> values, float scale) {
  expect_level_a_pixel(image, values);
  if (!(scale > 0)) throw Error(ErrorKind::kUsage, "signed values", "their scale is not above 0");
  constexpr float kRed[3] = {178, 24, 43}, kBlue[3] = {33, 102, 172}, kMost = 0.85f;
  Image out = as_rgb(image);
  for (size_t i = 0; i < values.size(); ++i) {
    uint8_t* pixel = out.pixels.data() + 3 * i;
    // Grey, and bright enough for both colours to be seen on it.
    const float grey = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
    const auto ground = static_cast<uint8_t>(96 + 0.6f * grey + 0.5f);
    const float alpha = kMost * std::min(1.0f, std::abs(values[i]) / scale);
    for (size_t c = 0; c < 3; ++c) pixel[c] = blend(ground, values[i] > 0 ? kRed[c] : kBlue[c], alpha);
  }
  return out;
}

std::array<uint8_t, 3> label_colour(int label) {
  if (label == 0) return {0, 0, 0};
  // Hues a golden angle apart, in three lightnesses.
  const double hue = std::fmod(0.618033988749895 * label, 1.0);
  const double light = 0.45 + 0.15 * (label % 3);
  std::array<uint8_t, 3> out{};
  for (int c = 0; c < 3; ++c) {
    const double at = std::fmod(hue * 6 + 2.0 * (3 - c), 6.0);
    const double ramp = std::clamp(std::abs(at - 3) - 1, 0.0, 1.0);
    out[static_cast<size_t>(c)] =
        static_cast<uint8_t>(255 * (light + (ramp - 0.5) * 0.7 * (1 - std::abs(2 * light - 1))));
  }
  return out;
}

Image draw_labels(const Image& image, const LabelMap& labels) {
  Image out = as_rgb(image);
  if (labels.empty()) throw Error(ErrorKind::kUsage, "label map", "it has no pixels");
  const auto label_at = [&](int x, int y) {
    return labels.at((2 * x + 1) * labels.width / (2 * out.width), (2 * y + 1) * labels.height / (2 * out.height));
  };
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const uint16_t label = label_at(x, y);
      if (label == 0) continue;
      const bool edge = (x + 1 < out.width && label_at(x + 1, y) != label) ||
                        (y + 1 < out.height && label_at(x, y + 1) != label) || (x > 0 && label_at(x - 1, y) != label) ||
                        (y > 0 && label_at(x, y - 1) != label);
      const std::array<uint8_t, 3> colour = label_colour(label);
      for (int c = 0; c < 3; ++c)
        out.at(x, y)[c] = blend(out.at(x, y)[c], colour[static_cast<size_t>(c)], edge ? 1.0f : 0.45f);
    }
  }
  return out;
}

Image draw_heat(const Image& image, std::span<const float> level, float low, float high) {
  Image out = as_rgb(image);
  expect_level_a_pixel(image, level);
  if (!(high > low)) throw Error(ErrorKind::kUsage, "heat map", "the range is empty");
  for (size_t i = 0; i < level.size(); ++i) {
    const Stop heat = heat_at(std::clamp((level[i] - low) / (high - low), 0.0f, 1.0f));
    uint8_t* pixel = &out.pixels[3 * i];
    pixel[0] = blend(pixel[0], heat.red, heat.alpha);
    pixel[1] = blend(pixel[1], heat.green, heat.alpha);
    pixel[2] = blend(pixel[2], heat.blue, heat.alpha);
  }
  return out;
}

}  // namespace microtome
