// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/upsampling.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr std::string_view kUpsamplings[] = {"half_pixel", "pillow", "field", "quick", "zero"};

inline float lerp(float a, float b, float t) {
  const float value = a + t * (b - a);
  return std::min(std::max(value, std::min(a, b)), std::max(a, b));
}

// One grid row of column values; returns the largest.
float blend_rows(const float* above, const float* below, float weight, int count, float* out) {
  for (int x = 0; x < count; ++x) out[x] = lerp(above[x], below[x], weight);
  return *std::max_element(out, out + count);
}

void add_span(int y, int begin, int end, size_t own, std::vector<MaskSpan>& spans) {
  if (begin == end) return;
  if (spans.size() > own && spans.back().y == y && spans.back().end == begin) {
    spans.back().end = end;
  } else {
    spans.push_back({y, begin, end});
  }
}

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

}  // namespace

Centres field_centres(int cells, int pixels, const FieldAxis& field) {
  const auto shrink = std::max<int64_t>(1, std::llround(static_cast<double>(field.input) / pixels));
  const Centres centres{floor_divide(field.size / 2 + field.start, shrink), floor_divide(field.step, shrink)};
  if (cells > 1 && centres.distance < 1) {
    throw Error(ErrorKind::kUnsupported, "upsampling",
                "the layer's receptive-field centres fall together on the label grid",
                "use the default convention for this layer");
  }
  return centres;
}

std::string_view upsampling_text(Upsampling way) { return kUpsamplings[static_cast<size_t>(way)]; }

Upsampling upsampling_from_text(std::string_view text, const std::string& where) {
  const auto found = std::ranges::find(kUpsamplings, text);
  if (found == std::end(kUpsamplings)) {
    throw Error(ErrorKind::kCorrupt, where, "names an unknown upsampling \"" + std::string(text) + "\"");
  }
  return static_cast<Upsampling>(found - std::begin(kUpsamplings));
}

Axis make_axis(Upsampling way, int cells, int pixels, const FieldAxis& field) {
  const bool centred = way == Upsampling::kField;
  const Centres centres = centred ? field_centres(cells, pixels, field) : Centres{};
  const int all = way == Upsampling::kZero ? cells + 2 : cells;
  Axis axis;
  axis.cell.reserve(static_cast<size_t>(pixels));
  axis.weight.reserve(static_cast<size_t>(pixels));
  axis.first.assign(static_cast<size_t>(all) + 1, 0);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    double centre = (pixel + 0.5) * cells / pixels - 0.5;
    if (centred) centre = static_cast<double>(pixel - centres.first) / static_cast<double>(centres.distance);
    if (way == Upsampling::kQuick) centre = cells > 1 ? centre * cells / (cells - 1) - 0.5 : 0;
    if (way == Upsampling::kZero) centre += 1;
    centre = std::clamp(centre, 0.0, all - 1.0);
    const int cell = static_cast<int>(std::floor(centre));
    axis.cell.push_back(cell);
    axis.weight.push_back(static_cast<float>(centre - cell));
    ++axis.first[static_cast<size_t>(cell) + 1];
  }
  for (size_t cell = 1; cell < axis.first.size(); ++cell) axis.first[cell] += axis.first[cell - 1];
  return axis;
}

Upsampler::Upsampler(Upsampling way, int width, int height, int grid_width, int grid_height, const FieldAxis& across,
                     const FieldAxis& down)
    : width_(width), height_(height), ring_(way == Upsampling::kZero), grid_width_(grid_width) {
  averages_ = way == Upsampling::kPillow && (width > grid_width || height > grid_height);
  if (averages_) {
    average_across_ = make_average(width, grid_width);
    average_down_ = make_average(height, grid_height);
  } else {
    across_ = make_axis(way, width, grid_width, across);
    down_ = make_axis(way, height, grid_height, down);
  }
}

// Pillow's ImagingResample: a triangle as wide as the scale, weights normalized inside the map.
Upsampler::Average Upsampler::make_average(int cells, int pixels) {
  Average out;
  const double scale = static_cast<double>(cells) / pixels, support = std::max(1.0, scale);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const double centre = (pixel + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int end = std::min(cells, static_cast<int>(centre + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int cell = first; cell < end; ++cell) {
      weights.push_back(std::max(0.0, 1 - std::fabs((cell + 0.5 - centre) / support)));
      sum += weights.back();
    }
    for (double& weight : weights) weight /= sum;
    out.first.push_back(first);
    out.weights.push_back(std::move(weights));
  }
  return out;
}

int Upsampler::reach(Upsampling way, int width, int height, int grid_width, int grid_height) {
  if (way != Upsampling::kPillow) return 1;
  const double scale =
      std::max({1.0, static_cast<double>(width) / grid_width, static_cast<double>(height) / grid_height});
  return scale > 1 ? static_cast<int>(std::ceil(2 * scale)) : 1;
}

// Calls row(y, column values) for grid rows with a column value above the bound; values are of the box's cells.
template <class Row>
void Upsampler::each_row(const float* map, const CellBox& box, float bound, std::vector<float>& column,
                         Row&& row) const {
  const int count = box.x1 - box.x0 + 1, stride = width();
  column.resize(static_cast<size_t>(count));
  for (int cell = box.y0; cell <= box.y1; ++cell) {
    const float* above = map + static_cast<ptrdiff_t>(cell) * stride + box.x0;
    const float* below = cell + 1 < height() ? above + stride : above;
    for (int y = down_.first[static_cast<size_t>(cell)]; y < down_.first[static_cast<size_t>(cell) + 1]; ++y) {
      const float largest = blend_rows(above, below, down_.weight[static_cast<size_t>(y)], count, column.data());
      if (largest > bound) row(y);
    }
  }
}

// Calls row(y, first pixel, values) for the grid rows and columns that the box reaches. Across first, as Pillow does.
template <class Row>
void Upsampler::each_averaged_row(const float* map, const CellBox& box, std::vector<float>& column, Row&& row) const {
  const auto touches = [](const Average& axis, size_t pixel, int low, int high) {
    return axis.first[pixel] <= high && axis.first[pixel] + static_cast<int>(axis.weights[pixel].size()) > low;
  };
  const auto mean = [](const float* cells, ptrdiff_t stride, const std::vector<double>& weights) {
    double sum = 0;
    float low = cells[0], high = cells[0];
    for (size_t i = 0; i < weights.size(); ++i) {
      const float value = cells[static_cast<ptrdiff_t>(i) * stride];
      sum += weights[i] * static_cast<double>(value);
      low = std::min(low, value), high = std::max(high, value);
    }
    return std::clamp(static_cast<float>(sum), low, high);
  };
  std::vector<size_t> columns;
  for (size_t x = 0; x < average_across_.first.size(); ++x) {
    if (touches(average_across_, x, box.x0, box.x1)) columns.push_back(x);
  }
  if (columns.empty()) return;
  const auto wide = static_cast<ptrdiff_t>(columns.size());
  column.resize(static_cast<size_t>(wide) * (static_cast<size_t>(height_) + 1));
  float* line = column.data() + wide * height_;
  for (int y = 0; y < height_; ++y) {
    for (ptrdiff_t i = 0; i < wide; ++i) {
      const size_t x = columns[static_cast<size_t>(i)];
      column[static_cast<size_t>(y * wide + i)] =
          mean(map + static_cast<ptrdiff_t>(y) * width_ + average_across_.first[x], 1, average_across_.weights[x]);
    }
  }
  for (size_t y = 0; y < average_down_.first.size(); ++y) {
    if (!touches(average_down_, y, box.y0, box.y1)) continue;
    for (ptrdiff_t i = 0; i < wide; ++i) {
      line[i] = mean(column.data() + average_down_.first[y] * wide + i, wide, average_down_.weights[y]);
    }
    row(static_cast<int>(y), static_cast<int>(columns.front()), line, static_cast<int>(wide));
  }
}

void Upsampler::spans(const float* map, const CellBox& box, float threshold, std::vector<float>& column,
                      std::vector<MaskSpan>& out) const {
  const size_t own = out.size();
  if (averages_) {
    each_averaged_row(map, box, column, [&](int y, int first, const float* line, int count) {
      for (int i = 0; i < count; ++i) {
        if (line[i] > threshold) add_span(y, first + i, first + i + 1, own, out);
      }
    });
    return;
  }
  const int count = box.x1 - box.x0 + 1;
  const float* weight = across_.weight.data();
  each_row(map, box, threshold, column, [&](int y) {
    for (int i = 0; i < count; ++i) {
      const auto cell = static_cast<size_t>(box.x0 + i);
      // Past the box there is the map's edge, which repeats, or a cell that cannot matter.
      const float a = column[static_cast<size_t>(i)], b = i + 1 < count ? column[static_cast<size_t>(i) + 1] : a;
      const int begin = across_.first[cell], end = across_.first[cell + 1];
      if (a > threshold && b > threshold) {
        add_span(y, begin, end, own, out);
      } else if (a > threshold) {
        int last = begin;
        while (last < end && lerp(a, b, weight[last]) > threshold) ++last;
        add_span(y, begin, last, own, out);
      } else if (b > threshold) {
        int first = end;
        while (first > begin && lerp(a, b, weight[first - 1]) > threshold) --first;
        add_span(y, first, end, own, out);
      }
    }
  });
}

void Upsampler::values(const float* map, const CellBox& box, float bound, std::vector<float>& column,
                       std::vector<float>& out) const {
  if (averages_) {
    each_averaged_row(map, box, column, [&](int, int, const float* line, int count) {
      std::copy_if(line, line + count, std::back_inserter(out), [&](float value) { return value > bound; });
    });
    return;
  }
  const int count = box.x1 - box.x0 + 1;
  each_row(map, box, bound, column, [&](int) {
    for (int i = 0; i < count; ++i) {
      const auto cell = static_cast<size_t>(box.x0 + i);
      const float a = column[static_cast<size_t>(i)], b = i + 1 < count ? column[static_cast<size_t>(i) + 1] : a;
      for (int x = across_.first[cell]; x < across_.first[cell + 1]; ++x) {
        const float value = lerp(a, b, across_.weight[static_cast<size_t>(x)]);
        if (value > bound) out.push_back(value);
      }
    }
  });
}

void keep_level(std::span<float> map, float level) {
  for (float& value : map) value = value == level ? 1.0F : 0.0F;
}

std::vector<float> upsampled_map(std::span<const float> map, int width, int height, int grid_width, int grid_height,
                                 Upsampling way, const FieldAxis& across, const FieldAxis& down) {
  if (width < 1 || height < 1 || grid_width < 1 || grid_height < 1 ||
      map.size() != static_cast<size_t>(width) * static_cast<size_t>(height)) {
    throw Error(ErrorKind::kUsage, "activation map", "its size does not match its values");
  }
  const Upsampler grid(way, width, height, grid_width, grid_height, across, down);
  const auto ring = static_cast<ptrdiff_t>(grid.ring()), stride = static_cast<ptrdiff_t>(grid.width());
  std::vector<float> cells(static_cast<size_t>(grid.width()) * static_cast<size_t>(grid.height()));
  for (ptrdiff_t y = 0; y < height; ++y) {
    std::copy_n(map.begin() + y * width, width, cells.begin() + (y + ring) * stride + ring);
  }
  std::vector<float> out, column;
  out.reserve(static_cast<size_t>(grid_width) * static_cast<size_t>(grid_height));
  grid.values(cells.data(), {0, 0, grid.width() - 1, grid.height() - 1}, -std::numeric_limits<float>::infinity(),
              column, out);
  return out;
}

}  // namespace microtome
