// SPDX-License-Identifier: Apache-2.0
// The whole numbers that a label pass collects, and the scores that follow from them.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/result.h"
#include "microtome/dissect/tally.h"

namespace microtome {

// By label number, over all images that took part.
struct ConceptTotals {
  std::vector<int64_t> truth;   // G
  std::vector<int64_t> images;  // that carry the label
};

// Of one layer. Row-major tables: a row for each (unit, sign).
struct RowCounts {
  std::vector<int64_t> intersection;          // I: [rows, labels + 1]
  std::vector<int64_t> activation;            // A: [rows, categories]
  std::vector<int64_t> on_pixels, on_images;  // [rows]
};

// Sets best, by_category and top_concepts of a unit from row `row`.
void score_concepts(const RowCounts& counts, size_t row, const ConceptTotals& totals, const ConceptIndex& index,
                    const TallySettings& settings, UnitDissection& unit);

}  // namespace microtome
