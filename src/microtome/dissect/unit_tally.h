// SPDX-License-Identifier: Apache-2.0
// Everything that is known of one side (a unit with a sign) once the labels are in memory. Sides are independent of
// each other, so threads take them in any order.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "microtome/dissect/label_scores.h"
#include "microtome/dissect/tally_context.h"
#include "microtome/dissect/unit_masks.h"

namespace microtome {

// Of one layer, for one thread.
class UnitTally {
 public:
  UnitTally(const SurveyState& survey, const TallyContext& context);

  // All but `significance` and `ranges`. `number`: of the side's unit in its layer.
  UnitDissection run(size_t side, int64_t number);

 private:
  MaskLevel level(size_t side, double tail);
  void count_side();
  void set_held_out(UnitDissection& unit);
  void set_interval(UnitDissection& unit);
  void rank_images(size_t side);
  void set_measures(UnitDissection& unit);
  void set_trials(size_t side, UnitDissection& unit);
  void set_tails(size_t side, UnitDissection& unit);
  void set_formulas(UnitDissection& unit);
  void set_typical(size_t side, UnitDissection& unit);
  // A mask's spans on the grid of another image; its pixels there.
  std::span<const MaskSpan> spans_on(const ImageMask& mask, size_t side, const LabelRuns& grid, int64_t& on);
  LabelOverlap overlap_of(size_t mask) const {
    return LabelOverlap(overlaps_).subspan(first_overlap_[mask], first_overlap_[mask + 1] - first_overlap_[mask]);
  }

  const SurveyState& survey_;
  const TallyContext& context_;
  const Convention& convention_;
  Grids grids_;
  UnitMasks masks_;
  MaskLevel level_;  // of the unit's own masks
  Candidates candidates_;
  LabelCounts counts_;
  Overlap all_, train_, held_out_;
  std::vector<std::pair<int, int64_t>> overlaps_;  // of each mask with its image, mask by mask
  std::vector<size_t> first_overlap_;              // [masks + 1]
  std::vector<MaskSpan> foreign_;                  // a mask on another image's grid
  std::vector<float> peaks_;                       // largest activation on each image
  std::optional<RankedImages> ranked_;             // the same
  std::optional<FormulaSearch> search_;
  std::vector<int64_t> signature_counts_;
};

}  // namespace microtome
