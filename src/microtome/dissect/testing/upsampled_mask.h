// SPDX-License-Identifier: Apache-2.0
// For tests: the mask of a whole map as pixels, by the spans that the tally counts.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/dissect/survey_settings.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {

// 1 where the upsampled map (layer.map_height x layer.map_width) is strictly above the threshold. Row-major.
inline std::vector<uint8_t> upsampled_mask(std::span<const float> map, const SurveyLayer& layer, float threshold,
                                           int grid_width, int grid_height, Upsampling way = Upsampling::kHalfPixel) {
  const Upsampler grid(way, layer.map_width, layer.map_height, grid_width, grid_height, layer.across, layer.down);
  std::vector<float> cells(static_cast<size_t>(grid.width()) * static_cast<size_t>(grid.height()));
  for (int y = 0; y < layer.map_height; ++y) {
    std::copy_n(map.begin() + y * layer.map_width, layer.map_width,
                cells.begin() + (y + grid.ring()) * grid.width() + grid.ring());
  }
  std::vector<float> column;
  std::vector<MaskSpan> spans;
  grid.spans(cells.data(), {0, 0, grid.width() - 1, grid.height() - 1}, threshold, column, spans);
  std::vector<uint8_t> mask(static_cast<size_t>(grid_width) * static_cast<size_t>(grid_height));
  for (const MaskSpan& span : spans) {
    std::fill_n(mask.begin() + static_cast<ptrdiff_t>(span.y) * grid_width + span.begin, span.end - span.begin, 1);
  }
  return mask;
}

}  // namespace microtome
