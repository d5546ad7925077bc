// SPDX-License-Identifier: Apache-2.0
// The whole numbers that one row collects over images, and the scores that follow from them.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "microtome/dissect/convention.h"
#include "microtome/dissect/findings.h"
#include "microtome/dissect/label_store.h"

namespace microtome {

// Of one row over some images.
struct Overlap {
  std::vector<int64_t> intersection;  // I, by label
  std::vector<int64_t> activation;    // A, by category
  int64_t on_pixels = 0, on_images = 0;

  explicit Overlap(const ConceptIndex& index)
      : intersection(static_cast<size_t>(index.max_label()) + 1),
        activation(static_cast<size_t>(index.category_count())) {}
  void clear();
};

// What a row's mask shares with one image.
using LabelOverlap = std::span<const std::pair<int, int64_t>>;  // (label, pairs under the mask)

// Whether the mask's pixels on this image join the union of a category.
bool joins_union(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int category);

// Whether number 0 covers every pixel of the image.
bool zero_counts(const Convention& convention, const LabelledImage& image);

void add_overlap(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int64_t on, Overlap& total);

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
