// SPDX-License-Identifier: Apache-2.0
// The masks of one side (a unit with a sign) on all label grids, from the cells that its survey kept.
#pragma once
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "microtome/dissect/convention.h"
#include "microtome/dissect/label_store.h"
#include "microtome/dissect/survey_state.h"

namespace microtome {

// What a mask is cut at: the pixels above the threshold or, `at_top`, those at it, which is then the side's largest
// level: S >= T. A pixel is at it when all cells that it lies between are.
struct MaskLevel {
  float threshold = 0;
  bool at_top = false;
};
// Of a side that saturates: its threshold is its largest level, which is not its only one and not zero. Elsewhere, and
// under conventions that know no such masks, above it.
MaskLevel mask_level(const SurveyState& survey, size_t side, float threshold, const Convention& convention);

// A side's mask on one image with a cell above the threshold, or at it. It may be empty, and not so on another grid.
struct ImageMask {
  int place = 0;        // in LabelStore::images()
  uint32_t region = 0;  // in the side's CellStore
  uint32_t first_span = 0, spans = 0;
  int64_t on = 0;  // pixels
};

// Upsamplers of one layer by grid; one for each thread.
class Grids {
 public:
  Grids(const SurveyLayer& layer, Upsampling way) : layer_(layer), way_(way) {}
  const Upsampler& of(int width, int height) {
    const auto found = all_.find({width, height});
    if (found != all_.end()) return found->second;
    const Upsampler made(way_, layer_.map_width, layer_.map_height, width, height, layer_.across, layer_.down);
    return all_.emplace(std::pair(width, height), made).first->second;
  }
  Upsampling way() const { return way_; }

 private:
  const SurveyLayer& layer_;
  Upsampling way_;
  std::map<std::pair<int, int>, Upsampler> all_;
};

// Whether a mask can have pixels that are on. With zeros around it a map can be on beyond its edge when the threshold
// is below zero.
bool may_be_on(const HotRegion& region, const MaskLevel& level, Upsampling way);

class UnitMasks {
 public:
  // Replaces the masks by those of a side, in the store's order of images.
  void lay(const SurveyState& survey, size_t side, const MaskLevel& level, const LabelStore& labels, Grids& grids);
  // Appends one region's mask on a grid of another image; for masks held against foreign labels.
  void lay_on(const SurveyState& survey, size_t side, uint32_t region, const MaskLevel& level, const Upsampler& grid,
              std::vector<MaskSpan>& out);

  const std::vector<ImageMask>& masks() const { return masks_; }
  std::span<const MaskSpan> spans(const ImageMask& mask) const {
    return std::span(spans_).subspan(mask.first_span, mask.spans);
  }

 private:
  std::vector<ImageMask> masks_;
  std::vector<MaskSpan> spans_;
  std::vector<float> map_, column_;
};

// A region's map with `fill` where nothing was kept, and zeros in the upsampler's ring; returns the box of the cells
// that may be above the fill, ring included.
CellBox paint(const SurveyLayer& layer, const CellStore& store, size_t region, float fill, int ring,
              std::vector<float>& map);

// Threshold of a side as a quantile of upsampled pixels over all label grids (dissect's rule), for a survey that kept
// every cell.
float pixel_threshold(const SurveyState& survey, size_t side, double tail, const LabelStore& labels, Grids& grids);

}  // namespace microtome
