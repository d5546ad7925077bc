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

// Falling IoU, the lower label on ties.
bool better(const ConceptScore& a, const ConceptScore& b) { return a.iou != b.iou ? a.iou > b.iou : a.label < b.label; }

}  // namespace

void score_concepts(const RowCounts& counts, size_t row, const ConceptTotals& totals, const ConceptIndex& index,
                    const TallySettings& settings, UnitDissection& unit) {
  const auto categories = static_cast<size_t>(index.category_count());
  const size_t labels = static_cast<size_t>(index.max_label()) + 1;
  std::vector<ConceptScore> scores;
  unit.by_category.assign(categories, {});
  for (size_t label = 1; label < labels; ++label) {
    const int64_t both = counts.intersection[row * labels + label];
    const int category = index.concept_of(static_cast<int>(label)).category;
    if (both == 0 || category < 0 || totals.images[label] < settings.min_images) continue;
    ConceptScore score;
    score.label = static_cast<int>(label);
    score.category = category;
    score.intersection = both;
    score.activation = counts.activation[row * categories + static_cast<size_t>(category)];
    score.truth = totals.truth[label];
    score.images = totals.images[label];
    score.iou = ratio(both, score.activation + score.truth - both);
    score.ceiling = ratio(std::min(score.activation, score.truth), std::max(score.activation, score.truth));
    ConceptScore& best = unit.by_category[static_cast<size_t>(category)];
    if (best.label == 0 || better(score, best)) best = score;
    scores.push_back(score);
  }
  std::sort(scores.begin(), scores.end(), better);
  unit.best = scores.empty() ? ConceptScore{} : scores.front();
  scores.resize(std::min(scores.size(), static_cast<size_t>(settings.concepts)));
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
  if (unit.on_pixels == 0) return Verdict::kSilent;
  if (unit.best.label == 0) return Verdict::kNoConceptFits;
  if (unit.significance && unit.significance->q > kFalseDiscoveries) return Verdict::kNoConceptFits;
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
