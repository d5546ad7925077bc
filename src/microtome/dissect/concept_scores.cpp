// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/concept_scores.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace microtome {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

}  // namespace

double intersection_over_union(int64_t intersection, int64_t activation, int64_t truth) {
  return ratio(intersection, activation + truth - intersection);
}

bool better(const ConceptScore& a, const ConceptScore& b) { return a.iou != b.iou ? a.iou > b.iou : a.label < b.label; }

int scored_category(const Convention& convention, const ConceptIndex& index, int label) {
  if (label != 0) return index.concept_of(label).category;
  const bool scored = convention.zero == ZeroRule::kNameless || convention.zero == ZeroRule::kEverything;
  return scored ? index.category_count() - 1 : -1;
}

bool Candidates::contains(int label) const {
  return scored_category(*convention, *index, label) >= 0 &&
         (*images)[static_cast<size_t>(label)] >= std::max<int64_t>(1, min_images);
}

ConceptScore score_label(const Overlap& overlap, const ConceptTotals& totals, const Candidates& candidates, int label) {
  ConceptScore score;
  const auto slot = static_cast<size_t>(label);
  if (overlap.intersection[slot] == 0) return score;
  score.label = label;
  score.category = scored_category(*candidates.convention, *candidates.index, label);
  score.intersection = overlap.intersection[slot];
  score.activation = overlap.activation[static_cast<size_t>(score.category)];
  score.truth = totals.truth[slot];
  score.images = totals.images[slot];
  score.iou = intersection_over_union(score.intersection, score.activation, score.truth);
  score.ceiling = ratio(std::min(score.activation, score.truth), std::max(score.activation, score.truth));
  return score;
}

void score_concepts(const Overlap& overlap, const ConceptTotals& totals, const Candidates& candidates, int count,
                    UnitDissection& unit) {
  const auto categories = static_cast<size_t>(candidates.index->category_count());
  std::vector<ConceptScore> scores;
  unit.by_category.assign(categories, {});
  for (int label = 0; label <= candidates.index->max_label(); ++label) {
    if (overlap.intersection[static_cast<size_t>(label)] == 0 || !candidates.contains(label)) continue;
    const ConceptScore score = score_label(overlap, totals, candidates, label);
    ConceptScore& best = unit.by_category[static_cast<size_t>(score.category)];
    if (best.intersection == 0 || better(score, best)) best = score;
    scores.push_back(score);
  }
  std::sort(scores.begin(), scores.end(), better);
  unit.best = scores.empty() ? ConceptScore{} : scores.front();
  if (candidates.convention->later_category_wins) {
    for (const ConceptScore& score : unit.by_category) {
      if (score.intersection > 0 && score.iou >= unit.best.iou) unit.best = score;
    }
  }
  scores.resize(std::min(scores.size(), static_cast<size_t>(count)));
  unit.top_concepts = std::move(scores);
}

}  // namespace microtome
