// SPDX-License-Identifier: Apache-2.0
// The scores that follow from an overlap, and the best of them.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/dissect/convention.h"
#include "microtome/dissect/findings.h"
#include "microtome/dissect/label_store.h"
#include "microtome/dissect/overlap.h"

namespace microtome {

// The category under which a label is scored; label 0 has one only where the convention scores it.
int scored_category(const Convention& convention, const ConceptIndex& index, int label);

struct Candidates {
  const Convention* convention = nullptr;
  const ConceptIndex* index = nullptr;
  const std::vector<int64_t>* images = nullptr;  // that carry each label, over the whole set
  int64_t min_images = 1;
  bool contains(int label) const;
};

double intersection_over_union(int64_t intersection, int64_t activation, int64_t truth);
// One label's score; an empty one when nothing overlaps.
ConceptScore score_label(const Overlap& overlap, const ConceptTotals& totals, const Candidates& candidates, int label);

// Sets best, by_category and the `count` top_concepts of a unit.
void score_concepts(const Overlap& overlap, const ConceptTotals& totals, const Candidates& candidates, int count,
                    UnitDissection& unit);

// Falling IoU, the lower label on ties.
bool better(const ConceptScore& a, const ConceptScore& b);

}  // namespace microtome
