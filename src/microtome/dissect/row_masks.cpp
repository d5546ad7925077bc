// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/row_masks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "microtome/base/error.h"

namespace microtome {

CellBox paint(const SurveyLayer& layer, const CellStore& store, const HotRegion& region, float fill, int ring,
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
  const float* value = store.values.data() + region.first_value;
  uint32_t x0 = wide, x1 = 0, y0 = ~0U, y1 = 0;
  for (uint32_t i = 0; i < region.runs; ++i) {
    const CellRun run = store.runs[region.first_run + i];
    for (uint32_t cell = run.first; cell < run.first + run.count;) {
      const uint32_t y = cell / width, x = cell % width;
      const uint32_t count = std::min(run.first + run.count - cell, width - x);
      std::copy_n(value, count, &map[(y + edge) * wide + x + edge]);
      x0 = std::min(x0, x), x1 = std::max(x1, x + count - 1);
      y0 = std::min(y0, y), y1 = std::max(y1, y);
      value += count;
      cell += count;
    }
  }
  // With the ring around the map the box takes one more cell on each side.
  const int more = 2 * ring;
  return {static_cast<int>(x0), static_cast<int>(y0), static_cast<int>(x1) + more, static_cast<int>(y1) + more};
}

void RowMasks::lay(const SurveyState& survey, size_t row, float threshold, const LabelStore& labels, Grids& grids) {
  masks_.clear();
  spans_.clear();
  const CellStore& store = survey.rows[row].store();
  for (uint32_t i = 0; i < store.regions.size(); ++i) {
    const HotRegion& region = store.regions[i];
    // With zeros around it a map can be on beyond its edge when the threshold is below zero.
    const int place = labels.position(region.image);
    if (place < 0) continue;
    const LabelRuns& grid = labels.images()[static_cast<size_t>(place)].labels;
    const Upsampler& upsampler = grids.of(grid.width(), grid.height());
    if (!(region.peak > threshold) && !(upsampler.ring() > 0 && threshold < 0)) continue;
    ImageMask mask{place, i, static_cast<uint32_t>(spans_.size()), 0, 0};
    lay_on(survey, row, i, threshold, upsampler, spans_);
    mask.spans = static_cast<uint32_t>(spans_.size()) - mask.first_span;
    for (const MaskSpan& span : spans(mask)) mask.on += span.end - span.begin;
    if (mask.on > 0) masks_.push_back(mask);
  }
}

void RowMasks::lay_on(const SurveyState& survey, size_t row, uint32_t region, float threshold, const Upsampler& grid,
                      std::vector<MaskSpan>& out) {
  const CellStore& store = survey.rows[row].store();
  const CellBox box = paint(survey.layer, store, store.regions[region], threshold, grid.ring(), map_);
  grid.spans(map_.data(), box, threshold, column_, out);
}

float pixel_threshold(const SurveyState& survey, size_t row, double tail, const LabelStore& labels, Grids& grids) {
  const HotCells& cells = survey.rows[row];
  const float bound = cells.bound();
  std::vector<float> map, column, values;
  for (const HotRegion& region : cells.store().regions) {
    const int place = labels.position(region.image);
    if (place < 0) continue;
    const LabelRuns& grid = labels.images()[static_cast<size_t>(place)].labels;
    const Upsampler& upsampler = grids.of(grid.width(), grid.height());
    const CellBox box = paint(survey.layer, cells.store(), region, bound, upsampler.ring(), map);
    upsampler.values(map.data(), box, bound, column, values);
  }
  const int64_t n = labels.totals().pixels;
  if (n == 0) return 0;
  const double position = (1 - tail) * static_cast<double>(n - 1), index = std::floor(position);
  const int64_t rank = n - static_cast<int64_t>(index);
  const UnitSurvey& unit = survey.units[static_cast<size_t>(survey.unit_of(row))];
  const float lowest = survey.sign_of(row) == Sign::kPositive ? unit.minimum : -unit.maximum;
  // Where nothing lies below the bound, all the other pixels are equal to it.
  const bool rest_is_bound = bound == 0 && lowest >= 0;
  if (rank > static_cast<int64_t>(values.size()) && !rest_is_bound) {
    throw Error(ErrorKind::kUnsupported, survey.layer.name,
                fmt::format("the pixel quantile of unit {} lies below the cells that were kept", survey.unit_of(row)),
                "use a convention whose threshold is a quantile of activations");
  }
  const auto largest = [&](int64_t nth) -> double {
    if (nth > static_cast<int64_t>(values.size())) return bound;
    std::nth_element(values.begin(), values.begin() + (nth - 1), values.end(), std::greater<>());
    return values[static_cast<size_t>(nth - 1)];
  };
  const double below = largest(rank), above = rank > 1 ? largest(rank - 1) : below;
  return static_cast<float>(below + (position - index) * (above - below));
}

}  // namespace microtome
