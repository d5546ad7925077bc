// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/value_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace microtome {
namespace {

using Colour = std::array<uint8_t, 3>;

constexpr int kSide = 256, kWidest = 2048, kGap = 2, kThickness = 2;
constexpr std::array<Colour, 6> kLines = {
    {{44, 111, 187}, {209, 73, 91}, {42, 157, 92}, {224, 142, 27}, {122, 79, 163}, {40, 40, 40}}};
constexpr Colour kMiddle = {200, 200, 200}, kBetween = {44, 111, 187};

uint8_t grey(float value) { return static_cast<uint8_t>(std::lround(std::clamp(value, 0.F, 1.F) * 255)); }

void fill(Image& image, int left, int top, int width, int height, const Colour& colour) {
  for (int y = top; y < top + height; ++y) {
    for (int x = left; x < left + width; ++x) std::ranges::copy(colour, image.at(x, y));
  }
}

// Values share the width; more than kWidest share pixels.
int width_for(int count) { return std::clamp(count, kSide, kWidest); }

// Where value i begins among `count` on `width` pixels.
int edge(int64_t i, int64_t count, int64_t width) { return static_cast<int>(i * width / count); }

int row_of(float value) {
  return static_cast<int>(std::lround((1 - std::clamp(value, 0.F, 1.F)) * static_cast<float>(kSide - kThickness)));
}

// Each value as wide as its share, joined to the one before.
void draw_line(Image& image, std::span<const float> values, const Colour& colour) {
  const auto count = static_cast<int>(values.size());
  int before = row_of(values[0]);
  for (int i = 0; i < count; ++i) {
    const int left = edge(i, count, image.width), right = std::max(left + 1, edge(i + 1, count, image.width));
    const int row = row_of(values[static_cast<size_t>(i)]);
    fill(image, left, std::min(before, row), 1, std::abs(before - row) + kThickness, colour);
    fill(image, left, row, right - left, kThickness, colour);
    before = row;
  }
}

}  // namespace

Image draw_maps(std::span<const float> values, int channels, int height, int width) {
  const int columns = static_cast<int>(std::ceil(std::sqrt(channels)));
  const int rows = (channels + columns - 1) / columns;
  const int step_x = width + kGap, step_y = height + kGap;
  Image image(columns * step_x + kGap, rows * step_y + kGap);
  fill(image, 0, 0, image.width, image.height, kBetween);
  const float* value = values.data();
  for (int c = 0; c < channels; ++c) {
    const int left = kGap + c % columns * step_x, top = kGap + c / columns * step_y;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) std::fill_n(image.at(left + x, top + y), 3, grey(*value++));
    }
  }
  return image;
}

Image draw_lines(std::span<const float> values, int channels, int length) {
  const bool strips = channels > static_cast<int>(kLines.size());
  Image image(width_for(length), strips ? std::max(kSide, channels) : kSide, 3, 255);
  if (!strips) fill(image, 0, row_of(0.5F), image.width, 1, kMiddle);
  for (int c = 0; c < channels; ++c) {
    const auto row = values.subspan(static_cast<size_t>(c) * static_cast<size_t>(length), static_cast<size_t>(length));
    if (!strips) {
      draw_line(image, row, kLines[static_cast<size_t>(c)]);
      continue;
    }
    const int top = edge(c, channels, image.height), bottom = edge(c + 1, channels, image.height);
    for (int x = 0; x < image.width; ++x) {
      const uint8_t level = grey(row[static_cast<size_t>(edge(x, image.width, length))]);
      fill(image, x, top, 1, bottom - top, {level, level, level});
    }
  }
  return image;
}

Image draw_bars(std::span<const float> values) {
  const auto count = static_cast<int>(values.size());
  Image image(width_for(count), kSide, 3, 255);
  const int middle = row_of(0.5F);
  for (int i = 0; i < count; ++i) {
    const int left = edge(i, count, image.width), end = std::max(left + 1, edge(i + 1, count, image.width));
    const int gap = end - left > 3 ? 1 : 0, row = row_of(values[static_cast<size_t>(i)]);
    fill(image, left, std::min(row, middle), end - left - gap, std::abs(row - middle), kLines[row < middle ? 0 : 1]);
  }
  fill(image, 0, middle, image.width, 1, kMiddle);
  return image;
}

}  // namespace microtome
