// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/unit_masks.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace microtome {

CellBox paint(const SurveyLayer& layer, const CellStore& store, size_t region, float fill, int ring,
              std::vector<float>& map) {
  const auto width = static_cast<uint32_t>(layer.map_width), wide = width + 2 * static_cast<uint32_t>(ring);
  const size_t tall = static_cast<size_t>(layer.map_height) + 2 * static_cast<size_t>(ring);
  map.assign(wide * tall, fill);
  const auto edge = static_cast<size_t>(ring);
  for (size_t y = 0; edge > 0 && y < tall; ++y) {
    const bool whole = y < edge || y + edge >= tall;
    for (size_t x = 0; x < wide; ++x) {
      if (whole || x < edge || x + edge >= wide) map[y * wide + x] = 0;
    }
  }
  const HotRegion& from = store.regions[region];
  const float* value = store.values.empty() ? nullptr : store.values.data() + from.first_value;
  uint32_t x0 = wide, x1 = 0, y0 = ~0U, y1 = 0;
  for (const CellRun run : store.runs_of(region)) {
    const uint32_t end = run.first + uint32_t{run.count};
    for (uint32_t cell = run.first; cell < end;) {
      const uint32_t y = cell / width, x = cell % width;
      const uint32_t count = std::min(end - cell, width - x);
      float* to = &map[(y + edge) * wide + x + edge];
      if (value != nullptr) {
        std::copy_n(value, count, to);
        value += count;
      } else {
        std::fill_n(to, count, from.peak);
      }
      x0 = std::min(x0, x), x1 = std::max(x1, x + count - 1);
      y0 = std::min(y0, y), y1 = std::max(y1, y);
      cell += count;
    }
  }
  // With the ring around the map the box takes one more cell on each side.
  const int more = 2 * ring;
  return {static_cast<int>(x0), static_cast<int>(y0), static_cast<int>(x1) + more, static_cast<int>(y1) + more};
}

MaskLevel mask_level(const SurveyState& survey, size_t side, float threshold, const Convention& convention) {
  const UnitSurvey& unit = survey.units[static_cast<size_t>(survey.unit_of(side))];
  const float top = survey.sign_of(side) == Sign::kPositive ? unit.maximum : -unit.minimum;
  const bool varies = unit.minimum < unit.maximum;
  return {threshold, convention.mask_at_top && varies && threshold == top && threshold != 0};
}

bool may_be_on(const HotRegion& region, const MaskLevel& level, Upsampling way) {
  const float threshold = level.threshold;
  return region.peak > threshold || (level.at_top && region.peak == threshold) ||
         (way == Upsampling::kZero && threshold < 0);
}

void UnitMasks::lay(const SurveyState& survey, size_t side, const MaskLevel& level, const LabelStore& labels,
                    Grids& grids) {
  masks_.clear();
  spans_.clear();
  const CellStore& store = survey.sides[side].store();
  for (uint32_t i = 0; i < store.regions.size(); ++i) {
    const HotRegion& region = store.regions[i];
    const int place = labels.position(region.image);
    if (place < 0) continue;
    const LabelRuns& grid = labels.images()[static_cast<size_t>(place)].labels;
    if (!may_be_on(region, level, grids.way())) continue;
    const Upsampler& upsampler = grids.of(grid.width(), grid.height());
    ImageMask mask{place, i, static_cast<uint32_t>(spans_.size()), 0, 0};
    lay_on(survey, side, i, level, upsampler, spans_);
    mask.spans = static_cast<uint32_t>(spans_.size()) - mask.first_span;
    for (const MaskSpan& span : spans(mask)) mask.on += span.end - span.begin;
    masks_.push_back(mask);
  }
}

void UnitMasks::lay_on(const SurveyState& survey, size_t side, uint32_t region, const MaskLevel& level,
                       const Upsampler& grid, std::vector<MaskSpan>& out) {
  const CellStore& store = survey.sides[side].store();
  if (!level.at_top) {
    const CellBox box = paint(survey.layer, store, region, level.threshold, grid.ring(), map_);
    return grid.spans(map_.data(), box, level.threshold, column_, out);
  }
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  CellBox box = paint(survey.layer, store, region, kNothing, grid.ring(), map_);
  // Cells at the top come without their neighbours.
  box = {std::max(0, box.x0 - 1), std::max(0, box.y0 - 1), std::min(grid.width() - 1, box.x1 + 1),
         std::min(grid.height() - 1, box.y1 + 1)};
  keep_level(map_, level.threshold);
  grid.spans(map_.data(), box, kBelowOne, column_, out);
}

float pixel_threshold(const SurveyState& survey, size_t side, double tail, const LabelStore& labels, Grids& grids) {
  const int64_t n = labels.totals().pixels;
  if (n == 0) return 0;
  const double position = (1 - tail) * static_cast<double>(n - 1), index = std::floor(position);
  const int64_t rank = n - static_cast<int64_t>(index);
  const HotCells& cells = survey.sides[side];
  const int64_t all = static_cast<int64_t>(survey.images.size()) * survey.map_cells();
  std::vector<float> map, column, values;
  // Interpolated pixels peak lower than cells, so the quantile lies further down than that of cells; how far is found
  // by trying.
  constexpr double kFurther = 4;
  for (double reach = kFurther * tail;; reach *= kFurther) {
    const auto depth = static_cast<int64_t>(reach * static_cast<double>(all)) + 2;
    const float bound = depth < all ? cells.largest(depth) : -std::numeric_limits<float>::infinity();
    values.clear();
    for (size_t i = 0; i < cells.store().regions.size(); ++i) {
      const HotRegion& region = cells.store().regions[i];
      const int place = labels.position(region.image);
      if (place < 0) continue;
      const LabelRuns& grid = labels.images()[static_cast<size_t>(place)].labels;
      const Upsampler& upsampler = grids.of(grid.width(), grid.height());
      if (region.peak <= bound && !(upsampler.ring() > 0 && bound < 0)) continue;
      const CellBox box = paint(survey.layer, cells.store(), i, bound, upsampler.ring(), map);
      upsampler.values(map.data(), box, bound, column, values);
    }
    if (rank <= static_cast<int64_t>(values.size())) break;
  }
  const auto largest = [&](int64_t nth) -> double {
    std::nth_element(values.begin(), values.begin() + (nth - 1), values.end(), std::greater<>());
    return values[static_cast<size_t>(nth - 1)];
  };
  const double below = largest(rank), above = rank > 1 ? largest(rank - 1) : below;
  return static_cast<float>(below + (position - index) * (above - below));
}

}  // namespace microtome
