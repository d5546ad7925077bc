// SPDX-License-Identifier: Apache-2.0
// How often labels occur in a set in Broden's layout: what its writer stores and what the check compares with.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "microtome/concepts/concept_set.h"

namespace microtome {

// Pixels of a label in one category of one image. A pixel counts once a plane (several masks of one cell may hold the
// same label); a whole-image label counts the whole grid.
struct LabelPixels {
  int category = -1;
  int label = 0;
  int64_t pixels = 0;
};

// Of one cell, by rising label, 0 left out. grid_pixels: of the image's label grid.
std::vector<LabelPixels> count_cell(int category, const std::vector<LabelMap>& planes,
                                    const std::vector<int>& whole_image, int64_t grid_pixels);

// Over images. Coverage is the sum of covered fractions of the grid, in whole images.
struct LabelTotals {
  int64_t images = 0;
  int64_t pixels = 0;
  double coverage = 0;
};

// Sums in the order of add(): the same order gives the same bits.
class BrodenCounts {
 public:
  void add(const std::vector<LabelPixels>& image, int64_t grid_pixels);
  // Zero for a pair that never occurred.
  LabelTotals of(int category, int label) const;
  // Over the categories: images are counted once a category, as Broden's label.csv does.
  LabelTotals of_label(int label) const;
  const std::map<std::pair<int, int>, LabelTotals>& by_label_and_category() const { return totals_; }

 private:
  std::map<std::pair<int, int>, LabelTotals> totals_;  // (label, category)
};

// Writes label.csv, category.csv and c_*.csv. A concept's categories are those it lists and those it occurs in.
void write_broden_tables(const std::string& folder, const std::vector<std::string>& categories,
                         const std::vector<Concept>& concepts, const BrodenCounts& counts);

}  // namespace microtome
