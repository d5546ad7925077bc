// SPDX-License-Identifier: Apache-2.0
// Scores of a (unit, concept) pair beside IoU. docs/numerics.md has the formulas.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/dissect/findings.h"

namespace microtome {

// Over pixels, from four counts: pixels under the mask and the label, under the mask, under the label, in all. A label
// that counts twice in a pixel can exceed its mask; shares are then cut at what is possible.
void measure_pixels(int64_t intersection, int64_t on, int64_t truth, int64_t pixels, ConceptMeasures& out);

// A side's images by its largest activation on each, prepared to be held against many labels.
class RankedImages {
 public:
  explicit RankedImages(std::vector<float> peaks);
  // Over images: `carriers` are the places of those that carry the label, rising. NaN where all or none do.
  void measure(std::span<const int> carriers, ConceptMeasures& out) const;

 private:
  std::vector<float> peaks_;
  std::vector<int> group_;                // of each image: its place among distinct peaks, falling
  std::vector<int64_t> group_end_;        // images in this group and before
  double mean_ = 0, sum_of_squares_ = 0;  // of the peaks, the second around the mean
  mutable std::vector<int> scratch_;
};

}  // namespace microtome
