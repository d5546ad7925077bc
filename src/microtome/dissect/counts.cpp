// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/counts.h"

#include <algorithm>
#include <cstddef>
#include <set>

namespace microtome {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

}  // namespace

void Overlap::clear() {
  std::fill(intersection.begin(), intersection.end(), 0);
  std::fill(activation.begin(), activation.end(), 0);
  on_pixels = on_images = 0;
}

double intersection_over_union(int64_t intersection, int64_t activation, int64_t truth) {
  return ratio(intersection, activation + truth - intersection);
}

bool better(const ConceptScore& a, const ConceptScore& b) { return a.iou != b.iou ? a.iou > b.iou : a.label < b.label; }

bool joins_union(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int category) {
  if (convention.union_rule == UnionRule::kEverything) return true;
  const bool last = category == index.category_count() - 1;
  if (convention.zero == ZeroRule::kLastUnion && image.says_zero && last) return true;
  if (convention.union_rule == UnionRule::kCategory) {
    return category >= 0 && image.categories[static_cast<size_t>(category)] != 0;
  }
  return std::any_of(labels.begin(), labels.end(),
                     [&](const auto& item) { return index.concept_of(item.first).category == category; });
}

bool zero_counts(const Convention& convention, const LabelledImage& image) {
  return convention.zero == ZeroRule::kEverything || (convention.zero == ZeroRule::kNameless && image.says_zero);
}

void add_overlap(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int64_t on, Overlap& total) {
  total.on_pixels += on;
  ++total.on_images;
  for (const auto& [label, count] : labels) total.intersection[static_cast<size_t>(label)] += count;
  if (zero_counts(convention, image)) total.intersection[0] += on;
  for (int category = 0; category < index.category_count(); ++category) {
    if (!joins_union(convention, index, image, labels, category)) continue;
    total.activation[static_cast<size_t>(category)] += on;
  }
}

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

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSilent:
      return "silent";
    case Verdict::kNoConceptFits:
      return "no concept fits";
    case Verdict::kTooSmall:
      return "undetectable by size";
    case Verdict::kBelowCut:
      return "below the cut";
    case Verdict::kDetector:
      return "detector";
  }
  return "";
}

Verdict verdict(const UnitDissection& unit) {
  constexpr double kFalseDiscoveries = 0.05;
  // Imported tables may name a concept and no area.
  if (unit.on_pixels == 0 && unit.best.label == 0 && unit.formulas.empty()) return Verdict::kSilent;
  if (unit.best.label == 0) return Verdict::kNoConceptFits;
  // Where no permutation came near, only their number keeps q from being smaller.
  const bool chance = unit.significance && unit.significance->q > kFalseDiscoveries &&
                      unit.significance->p * (1 + unit.significance->permutations) > 1.5;
  if (chance) return Verdict::kNoConceptFits;
  if (unit.best.iou >= kDetectorCut) return Verdict::kDetector;
  return unit.best.ceiling < kDetectorCut ? Verdict::kTooSmall : Verdict::kBelowCut;
}

std::vector<DetectorCurvePoint> detector_curve(const std::vector<UnitDissection>& units, double tail) {
  constexpr int kCuts = 30;
  std::vector<DetectorCurvePoint> curve;
  for (int step = 1; step <= kCuts; ++step) {
    DetectorCurvePoint point{step * 0.01};
    std::set<int> labels;
    for (const UnitDissection& unit : units) {
      const auto at = std::find_if(unit.tails.begin(), unit.tails.end(), [&](const auto& t) { return t.tail == tail; });
      if (tail != 0 && at == unit.tails.end()) continue;
      const ConceptScore& best = tail == 0 ? unit.best : at->best;
      if (best.label == 0 || best.iou < point.cut) continue;
      ++point.detectors;
      labels.insert(best.label);
    }
    point.unique = static_cast<int>(labels.size());
    curve.push_back(point);
  }
  return curve;
}

DetectorCount count_detectors(const std::vector<UnitDissection>& units, int categories) {
  DetectorCount count;
  count.units = static_cast<int>(units.size());
  count.by_category.resize(static_cast<size_t>(categories));
  std::set<int> labels;
  std::vector<std::set<int>> by_category(count.by_category.size()), best_in(count.by_category.size());
  for (const UnitDissection& unit : units) {
    for (size_t category = 0; category < unit.by_category.size(); ++category) {
      const ConceptScore& score = unit.by_category[category];
      if (score.iou > kDetectorCut) best_in.at(category).insert(score.label);
    }
    if (unit.best.label == 0 || unit.best.iou < kDetectorCut) continue;
    const auto category = static_cast<size_t>(unit.best.category);
    ++count.detectors;
    ++count.by_category.at(category).detectors;
    labels.insert(unit.best.label);
    by_category[category].insert(unit.best.label);
  }
  count.unique = static_cast<int>(labels.size());
  for (size_t category = 0; category < by_category.size(); ++category) {
    count.by_category[category].unique = static_cast<int>(by_category[category].size());
    count.unique_by_category += static_cast<int>(best_in[category].size());
  }
  return count;
}

}  // namespace microtome
