// SPDX-License-Identifier: Apache-2.0
// For tests: a unit's map at each pixel of the label grid, straight from the definitions (docs/numerics.md).
#pragma once
#include <algorithm>
#include <cmath>

#include "microtome/dissect/survey.h"
#include "microtome/dissect/upsampling.h"

namespace microtome::dense {

inline float lerp(float a, float b, float t) {
  const float value = a + t * (b - a);
  const float low = a < b ? a : b, high = a < b ? b : a;
  return value < low ? low : value > high ? high : value;
}

// Where a pixel lies on the axis of cells, straight from the definitions (docs/numerics.md), before clamping.
inline double centre(Upsampling way, int pixel, int cells, int pixels, const FieldAxis& field) {
  const double half = (pixel + 0.5) * cells / pixels - 0.5;
  if (way == Upsampling::kHalfPixel || way == Upsampling::kPillow || way == Upsampling::kZero) return half;
  if (way == Upsampling::kQuick) {
    const double normalized = 2 * half / (cells - 1) - 1;
    return cells == 1 ? 0 : ((normalized + 1) * cells - 1) / 2;
  }
  const auto offset = static_cast<double>(field.start), step = static_cast<double>(field.step);
  const auto size = static_cast<double>(field.size);
  const double shrink = std::max(1.0, std::round(static_cast<double>(field.input) / pixels));
  const double first = std::floor((std::floor(size / 2) + offset) / shrink), distance = std::floor(step / shrink);
  return (pixel - first) / distance;
}

// Pillow's triangle over the cells of one axis; `at` reads a cell.
template <class At>
float averaged(int pixel, int cells, int pixels, const At& at) {
  const double scale = 1.0 * cells / pixels, support = std::max(1.0, scale), middle = (pixel + 0.5) * scale;
  double sum = 0, total = 0;
  float low = std::numeric_limits<float>::infinity(), high = -low;
  const int begin = std::max(0, static_cast<int>(middle - support + 0.5));
  const int end = std::min(cells, static_cast<int>(middle + support + 0.5));
  for (int cell = begin; cell < end; ++cell) total += std::max(0.0, 1 - std::fabs((cell + 0.5 - middle) / support));
  for (int cell = begin; cell < end; ++cell) {
    const float value = at(cell);
    sum += std::max(0.0, 1 - std::fabs((cell + 0.5 - middle) / support)) / total * static_cast<double>(value);
    low = std::min(low, value), high = std::max(high, value);
  }
  return std::min(std::max(static_cast<float>(sum), low), high);
}

// The value at a pixel, straight from the definition.
inline float pixel_value(const float* map, const SurveyLayer& layer, Upsampling way, int grid_width, int grid_height,
                         int x, int y) {
  const int width = layer.map_width, height = layer.map_height;
  if (way == Upsampling::kPillow && (width > grid_width || height > grid_height)) {
    return averaged(y, height, grid_height, [&](int row) {
      return averaged(x, width, grid_width, [&](int column) { return map[row * width + column]; });
    });
  }
  const bool zeros = way == Upsampling::kZero;
  const auto cell_value = [&](int column, int row) {
    return column < 0 || row < 0 || column >= width || row >= height ? 0.0F : map[row * width + column];
  };
  const auto place = [&](double at, int cells, int& first, int& second, float& weight) {
    if (!zeros) at = at < 0 ? 0 : at > cells - 1 ? cells - 1 : at;
    first = static_cast<int>(std::floor(at));
    second = zeros || first + 1 < cells ? first + 1 : first;
    weight = zeros ? static_cast<float>((at + 1) - (first + 1)) : static_cast<float>(at - first);
  };
  int x0, x1, y0, y1;
  float tx, ty;
  place(centre(way, x, width, grid_width, layer.across), width, x0, x1, tx);
  place(centre(way, y, height, grid_height, layer.down), height, y0, y1, ty);
  return lerp(lerp(cell_value(x0, y0), cell_value(x0, y1), ty), lerp(cell_value(x1, y0), cell_value(x1, y1), ty), tx);
}

}  // namespace microtome::dense
