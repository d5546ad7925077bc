// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/selfcheck.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "microtome/base/rng.h"
#include "microtome/dissect/detectors.h"

namespace microtome {
namespace {

constexpr double kUnknown = ConceptMeasures::kUnknown;

double over(double part, double whole) { return whole > 0 ? part / whole : kUnknown; }

int64_t truth_of(const LabelledImage& image, int label) {
  const auto at = std::ranges::lower_bound(image.truth, label, {}, &std::pair<int, int64_t>::first);
  return at != image.truth.end() && at->first == label ? at->second : 0;
}

// Of the carriers' mean peak above the others'.
double mean_difference(std::span<const int> carriers, std::span<const float> peaks) {
  if (carriers.empty() || carriers.size() == peaks.size()) return kUnknown;
  double all = 0, with = 0;
  for (const float peak : peaks) all += peak;
  for (const int place : carriers) with += peaks[static_cast<size_t>(place)];
  const auto m = static_cast<double>(carriers.size()), n = static_cast<double>(peaks.size());
  return with / m - (all - with) / (n - m);
}

}  // namespace

std::array<double, kTriedScores.size()> tried_scores(const PairCounts& pair, const RankedImages& ranked,
                                                     std::span<const float> peaks) {
  ConceptMeasures measures;
  measure_pixels(pair.intersection, pair.on, pair.truth, pair.pixels, measures);
  ranked.measure(pair.carriers, measures);
  const auto i = static_cast<double>(pair.intersection), on = static_cast<double>(pair.on);
  const auto truth = static_cast<double>(pair.truth), n = static_cast<double>(pair.pixels);
  return {over(i, static_cast<double>(pair.activation) + truth - i),
          over(i, on + truth - i),
          measures.f1,
          measures.cosine,
          over(n * i - on * truth, std::sqrt(on * (n - on) * truth * (n - truth))),
          measures.iqr,
          measures.share,
          over(i, truth),
          over(n - on - truth + 2 * i, n),
          measures.auc,
          measures.average_precision,
          measures.pearson,
          mean_difference(pair.carriers, peaks)};
}

WrongLabels::WrongLabels(uint64_t seed, const std::string& purpose, int draw, const UnitDissection& unit,
                         const LabelStore& labels, const Convention& convention)
    : labels_(labels), convention_(convention), label_(unit.best.label), category_(unit.best.category) {
  before_.on = unit.on_pixels, before_.pixels = labels.totals().pixels;
  missing_ = extra_ = before_;
  before_.carriers = labels.carriers(label_);
  const auto stream = static_cast<uint64_t>(unit.unit) * kLabelDraws + static_cast<uint64_t>(draw);
  std::vector<std::pair<uint32_t, int>> with, without;
  for (size_t place = 0; place < labels.images().size(); ++place) {
    Rng rng(seed, purpose, stream, static_cast<uint64_t>(labels.images()[place].image));
    const bool carries = std::ranges::binary_search(before_.carriers, static_cast<int>(place));
    (carries ? with : without).emplace_back(rng.next(), static_cast<int>(place));
  }
  if (with.size() < 2 || without.size() <= with.size()) return;
  std::sort(with.begin(), with.end());
  std::sort(without.begin(), without.end());
  lost_.assign(labels.images().size(), 0);
  donor_.assign(labels.images().size(), -1);
  extra_.carriers = before_.carriers;
  for (size_t k = 0; k < with.size(); ++k) {
    const int carrier = with[k].second, other = without[k].second;
    const int64_t truth = truth_of(labels.images()[static_cast<size_t>(carrier)], label_);
    const bool lost = k < with.size() / 2;
    lost_[static_cast<size_t>(carrier)] = lost;
    if (!lost) missing_.carriers.push_back(carrier);
    donor_[static_cast<size_t>(other)] = carrier;
    extra_.carriers.push_back(other);
    before_.truth += truth;
    missing_.truth += lost ? 0 : truth;
    extra_.truth += 2 * truth;
  }
  std::sort(missing_.carriers.begin(), missing_.carriers.end());
  std::sort(extra_.carriers.begin(), extra_.carriers.end());
}

void WrongLabels::add(int place, LabelOverlap labels, int64_t on, int64_t given) {
  const LabelledImage& image = labels_.images()[static_cast<size_t>(place)];
  const bool carries = std::ranges::binary_search(before_.carriers, place), gets = donor(place) >= 0;
  int64_t under = 0;
  for (const auto& [label, count] : labels) under += label == label_ ? count : 0;
  const auto count = [&](PairCounts& pair, bool with_label, int64_t pixels) {
    pair.intersection += pixels;
    if (joins(image, labels, with_label, pixels)) pair.activation += on;
  };
  count(before_, carries, under);
  count(missing_, carries && !loses(place), loses(place) ? 0 : under);
  count(extra_, carries || gets, under + given);
}

// As joins_union(), for an image whose label may have been changed.
bool WrongLabels::joins(const LabelledImage& image, LabelOverlap labels, bool carries, int64_t under) const {
  const ConceptIndex& index = labels_.index();
  if (convention_.union_rule == UnionRule::kEverything) return true;
  const bool last = category_ == index.category_count() - 1;
  if (convention_.zero == ZeroRule::kLastUnion && image.says_zero && last) return true;
  const auto another = [&](const std::pair<int, int64_t>& item) {
    return item.first != label_ && index.concept_of(item.first).category == category_;
  };
  if (convention_.union_rule == UnionRule::kCategory) return carries || std::ranges::any_of(image.truth, another);
  return under > 0 || std::ranges::any_of(labels, another);
}

std::vector<ScoreTrial> WrongLabels::trials(const RankedImages& ranked, std::span<const float> peaks) const {
  const auto before = tried_scores(before_, ranked, peaks), missing = tried_scores(missing_, ranked, peaks);
  const auto extra = tried_scores(extra_, ranked, peaks);
  std::vector<ScoreTrial> out;
  for (size_t i = 0; i < kTriedScores.size(); ++i) {
    out.push_back({std::string(kTriedScores[i]), before[i], missing[i], extra[i]});
  }
  return out;
}

std::vector<ScoreCheck> check_scores(const std::vector<UnitDissection>& units) {
  std::vector<ScoreCheck> out;
  for (const std::string_view score : kTriedScores) {
    ScoreCheck check;
    check.score = score;
    int missing = 0, extra = 0;
    for (const UnitDissection& unit : units) {
      if (verdict(unit) != Verdict::kDetector) continue;
      for (const ScoreTrial& trial : unit.trials) {
        // What is not defined with the other labels did not fall.
        if (trial.score != score || std::isnan(trial.before)) continue;
        ++check.pairs;
        const double least = trial.before - kFall * std::fabs(trial.before);
        missing += trial.missing < least;
        extra += trial.extra < least;
      }
    }
    if (check.pairs == 0) continue;
    check.missing = static_cast<double>(missing) / check.pairs;
    check.extra = static_cast<double>(extra) / check.pairs;
    check.passes = check.missing >= kSoundShare && check.extra >= kSoundShare;
    out.push_back(std::move(check));
  }
  return out;
}

}  // namespace microtome
