// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/upsampling.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace microtome {
namespace {

inline float lerp(float a, float b, float t) {
  const float value = a + t * (b - a);
  return std::min(std::max(value, std::min(a, b)), std::max(a, b));
}

// One grid row of column values; returns the largest.
float blend_rows(const float* above, const float* below, float weight, int count, float* out) {
  for (int x = 0; x < count; ++x) out[x] = lerp(above[x], below[x], weight);
  return *std::max_element(out, out + count);
}

void add_span(int y, int begin, int end, std::vector<MaskSpan>& spans) {
  if (begin == end) return;
  if (!spans.empty() && spans.back().y == y && spans.back().end == begin) {
    spans.back().end = end;
  } else {
    spans.push_back({y, begin, end});
  }
}

// The on-pixels between a cell column of value a and the next one of value b.
void add_interval(int y, float a, float b, float threshold, int begin, int end, const float* weight,
                  std::vector<MaskSpan>& spans) {
  if (a > threshold && b > threshold) {
    add_span(y, begin, end, spans);
  } else if (a > threshold) {
    int last = begin;
    while (last < end && lerp(a, b, weight[last]) > threshold) ++last;
    add_span(y, begin, last, spans);
  } else if (b > threshold) {
    int first = end;
    while (first > begin && lerp(a, b, weight[first - 1]) > threshold) --first;
    add_span(y, first, end, spans);
  }
}

}  // namespace

Axis half_pixel_axis(int cells, int pixels) {
  Axis axis;
  axis.cell.reserve(static_cast<size_t>(pixels));
  axis.weight.reserve(static_cast<size_t>(pixels));
  axis.first.assign(static_cast<size_t>(cells) + 1, 0);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const double centre = std::clamp((pixel + 0.5) * cells / pixels - 0.5, 0.0, cells - 1.0);
    const int cell = static_cast<int>(std::floor(centre));
    axis.cell.push_back(cell);
    axis.weight.push_back(static_cast<float>(centre - cell));
    ++axis.first[static_cast<size_t>(cell) + 1];
  }
  for (size_t cell = 1; cell < axis.first.size(); ++cell) axis.first[cell] += axis.first[cell - 1];
  return axis;
}

std::vector<float> upsampled_map(const float* map, int width, int height, int grid_width, int grid_height) {
  const Axis across = half_pixel_axis(width, grid_width), down = half_pixel_axis(height, grid_height);
  std::vector<float> out, column(static_cast<size_t>(width));
  out.reserve(static_cast<size_t>(grid_width) * static_cast<size_t>(grid_height));
  for (size_t y = 0; y < down.cell.size(); ++y) {
    const int row = down.cell[y], next = std::min(row + 1, height - 1);
    blend_rows(map + static_cast<ptrdiff_t>(row) * width, map + static_cast<ptrdiff_t>(next) * width, down.weight[y],
               width, column.data());
    for (size_t x = 0; x < across.cell.size(); ++x) {
      const int cell = across.cell[x], right = std::min(cell + 1, width - 1);
      out.push_back(lerp(column[static_cast<size_t>(cell)], column[static_cast<size_t>(right)], across.weight[x]));
    }
  }
  return out;
}

std::vector<uint8_t> upsampled_mask(const float* map, int width, int height, float threshold, int grid_width,
                                    int grid_height) {
  const Axis across = half_pixel_axis(width, grid_width), down = half_pixel_axis(height, grid_height);
  std::vector<uint8_t> mask(static_cast<size_t>(grid_width) * static_cast<size_t>(grid_height));
  std::vector<float> column;
  std::vector<MaskSpan> spans;
  mask_spans(map, width, {0, 0, width - 1, height - 1}, threshold, across, down, column, spans);
  for (const MaskSpan& span : spans) {
    std::fill_n(mask.begin() + static_cast<ptrdiff_t>(span.y) * grid_width + span.begin, span.end - span.begin, 1);
  }
  return mask;
}

void mask_spans(const float* map, int width, const CellBox& box, float threshold, const Axis& across, const Axis& down,
                std::vector<float>& column, std::vector<MaskSpan>& spans) {
  const int count = box.x1 - box.x0 + 1;
  const int height = static_cast<int>(down.first.size()) - 1;
  column.resize(static_cast<size_t>(count));
  spans.clear();
  for (int row = box.y0; row <= box.y1; ++row) {
    const float* above = map + static_cast<ptrdiff_t>(row) * width + box.x0;
    const float* below = row + 1 < height ? above + width : above;
    for (int y = down.first[static_cast<size_t>(row)]; y < down.first[static_cast<size_t>(row) + 1]; ++y) {
      if (!(blend_rows(above, below, down.weight[static_cast<size_t>(y)], count, column.data()) > threshold)) continue;
      for (int i = 0; i < count; ++i) {
        const auto cell = static_cast<size_t>(box.x0 + i);
        // Past the box there is the map's edge, which repeats, or a cell that cannot matter.
        const float a = column[static_cast<size_t>(i)], b = i + 1 < count ? column[static_cast<size_t>(i) + 1] : a;
        add_interval(y, a, b, threshold, across.first[cell], across.first[cell + 1], across.weight.data(), spans);
      }
    }
  }
}

}  // namespace microtome
