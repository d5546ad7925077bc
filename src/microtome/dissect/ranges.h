// SPDX-License-Identifier: Apache-2.0
// What do the middle levels of a unit show? Its positive levels fall into clusters, and each cluster's pixels get the
// label that fits them best (La Rosa et al., "Towards a fuller understanding of neurons with Clustered Compositional
// Explanations", NeurIPS 2023). Levels below the threshold were not kept by the survey, so this is a second pass.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/dissect/label_store.h"
#include "microtome/dissect/overlap.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally_settings.h"
#include "microtome/dissect/value_counts.h"

namespace microtome {

// Edges of `clusters` clusters of a unit's positive values (of the negated values for kNegative), rising: cluster j is
// edges[j] < S <= edges[j + 1], the last one has no end. The first edge is 0. The clusters are the optimum of k-means
// over the unit's exact counts, every value taken as the middle of its bin (dynamic programming, Wang and Song 2011; of
// equal optima the one with the lower edges, from the last one down). Values in the bin beside zero, less than 1/256 of
// the largest magnitude, are not clustered. Fewer edges when fewer bins hold a value, none when no bin does.
std::vector<float> range_edges(const ValueCounts& counts, Sign sign, int clusters);

// Counts what tally.h counts, for each range of a survey's sides in place of the mask, from a second pass over the same
// images. Ranges follow from the whole survey, so it must be complete. Not thread-safe; add() runs its own threads.
class RangeTally {
 public:
  // Borrows all three. settings.ranges clusters.
  RangeTally(const Survey& survey, const LabelStore& labels, const TallySettings& settings);

  // Each image of the survey once, in any order; those without readable labels do not count.
  void add(std::span<const SurveyImage> images, int threads = 1);
  int64_t images() const { return images_; }  // with labels that were added

  // By rising level. Each range lies below the next one's `low`; the last one ends at the unit's maximum.
  std::vector<RangeScore> scores(size_t side) const;

 private:
  struct Scratch;
  void add_map(size_t side, const LabelledImage& image, const float* map, Scratch& scratch);

  const SurveyState& survey_;
  const LabelStore& labels_;
  const TallySettings& settings_;
  std::vector<std::vector<float>> edges_;       // by side
  std::vector<std::vector<Overlap>> overlaps_;  // by side and range
  int64_t images_ = 0;
};

// Bytes that the counts of so many sides take.
int64_t range_bytes(int64_t sides, int ranges, const ConceptIndex& index);

}  // namespace microtome
