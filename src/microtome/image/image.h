// SPDX-License-Identifier: Apache-2.0
// Plain pictures: 8-bit, interleaved, no torch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace microtome {

// Rows from top to bottom, pixels from left to right, channels interleaved (R, G, B). Value type.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;  // 1 grey, 3 RGB, 4 RGBA
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int width_px, int height_px, int channel_count = 3, uint8_t fill = 0)
      : width(width_px),
        height(height_px),
        channels(channel_count),
        pixels(static_cast<size_t>(width_px) * static_cast<size_t>(height_px) * static_cast<size_t>(channel_count),
               fill) {}

  bool empty() const { return pixels.empty(); }
  uint8_t* at(int x, int y) {
    return pixels.data() + (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) *
                               static_cast<size_t>(channels);
  }
  const uint8_t* at(int x, int y) const { return const_cast<Image*>(this)->at(x, y); }
  bool operator==(const Image&) const = default;
};

// One label number a pixel, 0 = unlabelled. Row-major.
struct LabelMap {
  int width = 0;
  int height = 0;
  std::vector<uint16_t> labels;

  LabelMap() = default;
  LabelMap(int width_px, int height_px, uint16_t fill = 0)
      : width(width_px),
        height(height_px),
        labels(static_cast<size_t>(width_px) * static_cast<size_t>(height_px), fill) {}
  uint16_t& at(int x, int y) {
    return labels[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
  uint16_t at(int x, int y) const { return const_cast<LabelMap*>(this)->at(x, y); }
  bool empty() const { return labels.empty(); }
  bool operator==(const LabelMap&) const = default;
};

}  // namespace microtome
