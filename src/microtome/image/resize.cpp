// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "microtome/base/error.h"

namespace microtome {
namespace {

// Weights are fixed-point numbers with this many fractional bits: 8 bits of pixel and 2 of head room stay free in 32.
// Pillow has the same grid, and with it the same pixels.
constexpr int kWeightBits = 22;

// The source pixels that one target pixel is a weighted mean of.
struct Window {
  int first = 0;
  std::vector<int32_t> weights;  // Of first, first + 1, ...; they sum to about 2^kWeightBits.
};

// The triangle of half-width max(1, source / target) around the target pixel's centre, cut at the edges.
Window make_window(int target_index, int source, int target) {
  const double scale = static_cast<double>(source) / target;
  const double reach = std::max(scale, 1.0);
  const double centre = (target_index + 0.5) * scale;
  Window window;
  window.first = std::max(0, static_cast<int>(centre - reach + 0.5));
  const int end = std::min(source, static_cast<int>(centre + reach + 0.5));
  std::vector<double> heights;
  double sum = 0;
  for (int i = window.first; i < end; ++i) {
    const double distance = std::abs((i - centre + 0.5) * (1.0 / reach));
    heights.push_back(std::max(0.0, 1.0 - distance));
    sum += heights.back();
  }
  for (const double height : heights) {
    window.weights.push_back(static_cast<int32_t>(0.5 + height / sum * (1 << kWeightBits)));
  }
  return window;
}

std::vector<Window> make_windows(int source, int target) {
  std::vector<Window> windows;
  windows.reserve(static_cast<size_t>(target));
  for (int i = 0; i < target; ++i) windows.push_back(make_window(i, source, target));
  return windows;
}

uint8_t rounded(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

Image resize_rows(const Image& image, int width) {
  const std::vector<Window> windows = make_windows(image.width, width);
  Image out(width, image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    uint8_t* target = out.at(0, y);
    for (const Window& window : windows) {
      const uint8_t* source = image.at(window.first, y);
      for (int c = 0; c < image.channels; ++c) {
        int32_t sum = 1 << (kWeightBits - 1);
        for (size_t k = 0; k < window.weights.size(); ++k) {
          sum += window.weights[k] * source[k * static_cast<size_t>(image.channels) + static_cast<size_t>(c)];
        }
        *target++ = rounded(sum);
      }
    }
  }
  return out;
}

Image resize_columns(const Image& image, int height) {
  Image out(image.width, height, image.channels);
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  std::vector<int32_t> sums(row_bytes);
  for (int y = 0; y < height; ++y) {
    const Window window = make_window(y, image.height, height);
    std::fill(sums.begin(), sums.end(), 1 << (kWeightBits - 1));
    for (size_t k = 0; k < window.weights.size(); ++k) {
      const uint8_t* source = image.at(0, window.first + static_cast<int>(k));
      for (size_t i = 0; i < row_bytes; ++i) sums[i] += window.weights[k] * source[i];
    }
    uint8_t* target = out.at(0, y);
    for (size_t i = 0; i < row_bytes; ++i) target[i] = rounded(sums[i]);
  }
  return out;
}

void check(const Image& image, int width, int height) {
  if (image.empty()) throw Error(ErrorKind::kUsage, "resize", "the picture has no pixels");
  if (width < 1 || height < 1) {
    throw Error(ErrorKind::kUsage, "resize", std::to_string(width) + " x " + std::to_string(height) + " is no size");
  }
}

// Half of a difference, rounded to even as Python does.
int half_to_even(int difference) {
  const int half = difference / 2;
  return difference % 2 == 0 ? half : half + half % 2;
}

}  // namespace

Image resize_bilinear(const Image& image, int width, int height) {
  check(image, width, height);
  if (width == image.width) return height == image.height ? image : resize_columns(image, height);
  const Image rows = resize_rows(image, width);
  return height == image.height ? rows : resize_columns(rows, height);
}

Image resize_nearest(const Image& image, int width, int height) {
  check(image, width, height);
  // floor((i + 0.5) * source / target) in whole numbers.
  const auto nearest = [](int i, int source, int target) {
    return static_cast<int>((2 * int64_t{i} + 1) * source / (2 * int64_t{target}));
  };
  Image out(width, height, image.channels);
  for (int y = 0; y < height; ++y) {
    const int source_y = nearest(y, image.height, height);
    for (int x = 0; x < width; ++x) {
      const uint8_t* source = image.at(nearest(x, image.width, width), source_y);
      std::copy_n(source, image.channels, out.at(x, y));
    }
  }
  return out;
}

Image resize_short_side(const Image& image, int short_side) {
  check(image, short_side, short_side);
  const int64_t shorter = std::min(image.width, image.height), longer = std::max(image.width, image.height);
  const int long_side = static_cast<int>(short_side * longer / shorter);
  return image.width <= image.height ? resize_bilinear(image, short_side, long_side)
                                     : resize_bilinear(image, long_side, short_side);
}

Image crop(const Image& image, int x, int y, int width, int height) {
  if (width < 1 || height < 1 || x < 0 || y < 0 || width > image.width - x || height > image.height - y) {
    throw Error(ErrorKind::kUsage, "crop",
                "no " + std::to_string(width) + " x " + std::to_string(height) + " pixels at (" + std::to_string(x) +
                    ", " + std::to_string(y) + ") in a picture of " + std::to_string(image.width) + " x " +
                    std::to_string(image.height));
  }
  Image out(width, height, image.channels);
  const size_t row_bytes = static_cast<size_t>(width) * static_cast<size_t>(image.channels);
  for (int row = 0; row < height; ++row) std::memcpy(out.at(0, row), image.at(x, y + row), row_bytes);
  return out;
}

Image crop_center(const Image& image, int side) {
  if (side < 1 || side > image.width || side > image.height) {
    throw Error(ErrorKind::kUsage, "crop",
                "no square of " + std::to_string(side) + " pixels in a picture of " + std::to_string(image.width) +
                    " x " + std::to_string(image.height),
                "scale the picture up first");
  }
  return crop(image, half_to_even(image.width - side), half_to_even(image.height - side), side, side);
}

}  // namespace microtome
