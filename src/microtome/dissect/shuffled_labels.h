// SPDX-License-Identifier: Apache-2.0
// The same masks against the labels of other images. Image by image: what an image's labels need is made once for all
// the masks that the permutations bring to it.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "microtome/dissect/label_sums.h"
#include "microtome/dissect/tally_context.h"
#include "microtome/dissect/unit_masks.h"

namespace microtome {

// Of one layer, for one thread.
class ShuffledLabels {
 public:
  // `most_sum`: what a sum may hold before it is drained into a wider one.
  ShuffledLabels(const SurveyState& survey, const TallyContext& context, int64_t most_sum = 0xFFFFFFFF);

  // Sides that are best taken together: more share the work on an image, and take more memory.
  static int64_t sides_at_once(const SurveyState& survey, const TallyContext& context);
  // Sets nulls[i] to the best IoU of side first + i cut at levels[i], under each permutation.
  void run(size_t first, std::span<const MaskLevel> levels, std::span<std::vector<double>> nulls);

 private:
  static constexpr size_t kNoSlot = ~size_t{0}, kLine = 16;
  struct Mask {
    uint32_t side = 0, region = 0;  // side: from the first one
    // On the grid for which it was laid last.
    uint32_t grid = 0, first_piece = 0, pieces = 0;
    int64_t on = 0;  // pixels
  };
  struct alignas(64) Line {
    uint32_t sums[kLine];
  };
  struct Pair {
    const Mask* mask;
    uint32_t* sums;  // of its side and permutation
  };
  // Where an image's numbers go among a side's sums.
  struct Targets {
    std::vector<size_t> lanes;  // of each lane of its LabelSums
    std::vector<size_t> whole;  // that every pixel of a mask joins
    std::vector<size_t> lines;  // that hold them, each once
  };
  void gather();
  void lay(const LabelRuns& grid, Mask& mask);
  // Empties lines_ before the image could make a sum overflow.
  void drain_before(const LabelledImage& image);
  void find_targets(const LabelledImage& image);
  void find_pairs(size_t place);
  void add_pairs(const LabelledImage& image);
  void add(const LabelledImage& image, const Mask& mask, uint32_t* sums);
  void join_mask_categories(const LabelledImage& image, int64_t on, uint32_t* sums);
  double best_iou(size_t first_sum) const;

  const SurveyState& survey_;
  const TallyContext& context_;
  const Convention& convention_;
  Grids grids_;
  Candidates candidates_;
  std::vector<int> order_;   // places, one grid after the other
  std::vector<int> summed_;  // labels
  size_t categories_ = 0, side_lines_ = 0;
  std::vector<size_t> slots_;  // of each label among a side's sums, behind the categories
  LabelSums label_sums_;
  UnitMasks laying_;
  // Of the sides at hand.
  size_t first_side_ = 0;
  std::span<const MaskLevel> levels_;
  std::vector<Mask> masks_;         // by place
  std::vector<size_t> first_mask_;  // [places + 1]
  uint32_t grid_ = 0;               // which one is at hand, from 1
  std::vector<LabelSums::Piece> pieces_;
  // [side][permutation]: A of each category, I of each of summed_. Of the last images in 32 bits, which halves what has
  // to come from memory; of those before in 64.
  std::vector<Line> lines_;
  std::vector<int64_t> drained_;  // empty as long as lines_ holds all
  const int64_t most_sum_;
  int64_t bound_ = 0;  // no sum of lines_ is larger
  // Of the image at hand.
  Targets targets_;
  std::vector<Pair> pairs_;
  std::vector<MaskSpan> spans_;
  std::vector<uint32_t> counts_;
  std::vector<std::pair<int, int64_t>> here_;
};

}  // namespace microtome
