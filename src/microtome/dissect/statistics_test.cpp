// SPDX-License-Identifier: Apache-2.0
// Scores beside IoU, held-out labels, intervals and nulls against brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "microtome/base/rng.h"
#include "microtome/dissect/label_scores.h"
#include "microtome/dissect/significance.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dense_reference.h"
#include "microtome/dissect/testing/dissected.h"
#include "microtome/dissect/testing/upsampled_mask.h"

namespace microtome {
namespace {

using dense::Layer;
using dense::ListedConceptSet;

struct StatisticsProblem {
  Layer layer;
  ListedConceptSet set;
  std::vector<int64_t> images;
  SurveySettings survey;
  TallySettings tally;
};

StatisticsProblem draw_statistics_problem(uint64_t seed) {
  Rng rng(seed, "statistics");
  const int64_t size = rng.between(20, 60);
  StatisticsProblem p{dense::draw_layer(rng, "conv", 5, static_cast<int>(rng.between(1, 6)), 4, size),
                      dense::draw_concepts(rng, size),
                      std::vector<int64_t>(static_cast<size_t>(size)),
                      {},
                      {}};
  std::iota(p.images.begin(), p.images.end(), 0);
  p.survey.tail = 0.1;
  p.survey.negative = true;
  p.tally.min_images = 2;
  p.tally.permutations = 19;
  p.tally.bootstrap = 30;
  p.tally.seed = seed;
  p.tally.typical = 3;
  return p;
}

std::vector<UnitDissection> dissect_problem(const StatisticsProblem& p) {
  std::vector<Survey> surveys;
  surveys.emplace_back(p.layer.shape, dissection_needs(p.survey, p.tally, p.layer.shape, p.set));
  for (const int64_t image : p.images) {
    surveys[0].add(std::vector<SurveyImage>{{image, p.layer.activations[static_cast<size_t>(image)].data()}});
  }
  return finish(surveys, p.set, p.tally, 2, *make_silent_reporter()).layers[0].units;
}

std::vector<int64_t> of_split(const StatisticsProblem& p, bool train) {
  std::vector<int64_t> out;
  for (const int64_t image : p.images) {
    if ((p.set.image_info(image).split == "train") == train) out.push_back(image);
  }
  return out;
}

TEST(HeldOut, ChoosesOnTrainingImagesAndScoresOnTheOthers) {
  int scored = 0;
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const StatisticsProblem p = draw_statistics_problem(seed);
    const auto train = of_split(p, true), others = of_split(p, false);
    for (const UnitDissection& unit : dissect_problem(p)) {
      const auto counts = [&](const std::vector<int64_t>& images) {
        return dense::count(p.layer, images, images, p.set, *p.tally.convention, unit.unit, unit.sign,
                            dense::cut_of(unit, *p.tally.convention));
      };
      const auto carriers = counts(p.images).carriers;
      const auto chosen = dense::best_of(dense::scores(counts(train), carriers, p.set.index(), p.tally), p.tally);
      ASSERT_TRUE(unit.held_out);
      EXPECT_EQ(unit.held_out->label, chosen.label);
      EXPECT_EQ(unit.held_out->train_iou, chosen.iou);
      double iou = 0;
      for (const ConceptScore& score : dense::scores(counts(others), carriers, p.set.index(), p.tally)) {
        if (chosen.label != 0 && score.label == chosen.label) iou = score.iou;
      }
      EXPECT_EQ(unit.held_out->iou, iou);
      scored += iou > 0;
    }
  }
  EXPECT_GT(scored, 50);
}

TEST(Null, IsTheSameMasksAgainstTheLabelsOfOtherImages) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const StatisticsProblem p = draw_statistics_problem(seed);
    const auto units = dissect_problem(p);
    const auto permutations = draw_permutations(seed, p.tally.permutations, p.images.size());
    for (const UnitDissection& unit : units) {
      ASSERT_EQ(unit.significance.has_value(), unit.on_pixels > 0);
      if (!unit.significance) continue;
      std::vector<double> nulls;
      for (const auto& permutation : permutations) {
        const std::vector<int64_t> given(permutation.begin(), permutation.end());
        const auto counts = dense::count(p.layer, p.images, given, p.set, *p.tally.convention, unit.unit, unit.sign,
                                         dense::cut_of(unit, *p.tally.convention));
        nulls.push_back(dense::best_of(dense::scores(counts, counts.carriers, p.set.index(), p.tally), p.tally).iou);
      }
      const auto reached = std::count_if(nulls.begin(), nulls.end(), [&](double n) { return n >= unit.best.iou; });
      EXPECT_DOUBLE_EQ(unit.significance->p, (1.0 + static_cast<double>(reached)) / 20);
      EXPECT_NEAR(unit.significance->null_mean, std::accumulate(nulls.begin(), nulls.end(), 0.0) / 19, 1e-12);
    }
  }
}

TEST(Null, PermutationsAreUniform) {
  // The place of element 0 over many draws, by chi square with 4 degrees of freedom.
  std::vector<int> hits(5);
  for (const auto& permutation : draw_permutations(3, 5000, 5)) {
    EXPECT_EQ(std::set<int>(permutation.begin(), permutation.end()).size(), 5U);
    ++hits[static_cast<size_t>(permutation[0])];
  }
  double chi = 0;
  for (const int count : hits) chi += (count - 1000.0) * (count - 1000.0) / 1000;
  EXPECT_LT(chi, 18.5);  // p = 0.001
}

UnitDissection unit_of(int number, double iou) {
  UnitDissection unit;
  unit.unit = number, unit.on_pixels = 1, unit.best.label = 1, unit.best.iou = iou, unit.best.intersection = 1;
  return unit;
}

TEST(Significance, ControlsFalseDiscoveriesAsBenjaminiAndHochbergSay) {
  // p = 1/10, 2/10, 10/10 with nine permutations: q = 3/10, 3/10, 1.
  std::vector<UnitDissection> units = {unit_of(0, 0.9), unit_of(1, 0.85), unit_of(2, 0)};
  for (UnitDissection& unit : units) {
    for (int i = 0; i < 8; ++i) unit.shuffled.push_back(0.1 * i);
    unit.shuffled.push_back(0.88);
  }
  adjust_for_multiplicity(units);
  EXPECT_DOUBLE_EQ(units[0].significance->p, 0.1);
  EXPECT_DOUBLE_EQ(units[1].significance->p, 0.2);
  EXPECT_DOUBLE_EQ(units[2].significance->p, 1);
  EXPECT_NEAR(units[0].significance->q, 0.3, 1e-12);
  EXPECT_NEAR(units[1].significance->q, 0.3, 1e-12);
  EXPECT_DOUBLE_EQ(units[2].significance->q, 1);
  EXPECT_EQ(verdict(units[0]), Verdict::kDetector) << "no permutation reached it: their number is what limits q";
  EXPECT_EQ(verdict(units[1]), Verdict::kNoConceptFits);
}

TEST(Significance, FamilyWiseErrorIsHeldWhenNothingIsThere) {
  // Every unit is exchangeable with its nulls: a family-wise p below 0.05 should come in about 5 of 100 families.
  constexpr int kFamilies = 600, kUnits = 30, kPermutations = 99;
  int wrong = 0;
  Rng rng(1, "family");
  for (int family = 0; family < kFamilies; ++family) {
    std::vector<UnitDissection> units;
    for (int u = 0; u < kUnits; ++u) {
      const auto draw = [&] { return std::exp(rng.normal()) * (1 + u); };
      units.push_back(unit_of(u, draw()));
      for (int r = 0; r < kPermutations; ++r) units.back().shuffled.push_back(draw());
    }
    adjust_for_multiplicity(units);
    wrong += std::any_of(units.begin(), units.end(), [](const auto& u) { return u.significance->family_p < 0.05; });
  }
  EXPECT_LT(wrong, 0.05 * kFamilies + 3.3 * std::sqrt(0.05 * 0.95 * kFamilies));
  EXPECT_GT(wrong, 0);
}

TEST(Bootstrap, EqualsResamplingTheImages) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const StatisticsProblem p = draw_statistics_problem(seed);
    const LabelStore labels(p.set, p.images, {}, 1, *make_silent_reporter());
    const Resampling resampling(seed, p.tally.bootstrap, labels);
    for (const UnitDissection& unit : dissect_problem(p)) {
      ASSERT_EQ(unit.interval.has_value(), unit.best.label != 0);
      if (!unit.interval) continue;
      std::vector<double> ious;
      for (size_t b = 0; b < 30; ++b) {
        std::vector<int64_t> images;
        for (const int64_t image : p.images) {
          images.insert(images.end(), resampling.weights[static_cast<size_t>(image) * 30 + b], image);
        }
        const auto counts = dense::count(p.layer, images, images, p.set, *p.tally.convention, unit.unit, unit.sign,
                                         dense::cut_of(unit, *p.tally.convention));
        const auto label = static_cast<size_t>(unit.best.label);
        const int64_t both = counts.both[label];
        const int64_t either = counts.on_in[static_cast<size_t>(unit.best.category)] + counts.truth[label] - both;
        ious.push_back(either > 0 ? static_cast<double>(both) / static_cast<double>(either) : 0);
      }
      std::sort(ious.begin(), ious.end());
      EXPECT_NEAR(unit.interval->low, ious[0] + 0.725 * (ious[1] - ious[0]), 1e-12);
      EXPECT_NEAR(unit.interval->high, ious[28] + 0.275 * (ious[29] - ious[28]), 1e-12);
      EXPECT_LE(unit.interval->low, unit.interval->high);
    }
  }
}

TEST(Measures, OverImagesEqualTheirDefinitions) {
  Rng rng(4, "measures");
  for (int trial = 0; trial < 200; ++trial) {
    const auto n = static_cast<size_t>(rng.between(2, 30));
    std::vector<float> peaks;
    std::vector<int> carriers;
    for (size_t i = 0; i < n; ++i) {
      peaks.push_back(static_cast<float>(rng.below(6)));
      if (rng.chance(0.4)) carriers.push_back(static_cast<int>(i));
    }
    ConceptMeasures got;
    RankedImages(peaks).measure(carriers, got);
    if (carriers.empty() || carriers.size() == n) {
      EXPECT_TRUE(std::isnan(got.auc));
      continue;
    }
    std::vector<double> present(n);
    for (const int i : carriers) present[static_cast<size_t>(i)] = 1;
    double won = 0, pairs = 0, ap = 0, mp = 0, mx = 0;
    for (size_t i = 0; i < n; ++i) {
      mp += present[i] / static_cast<double>(n), mx += static_cast<double>(peaks[i]) / static_cast<double>(n);
      if (present[i] == 0) continue;
      double above = 0, hits = 0;
      for (size_t j = 0; j < n; ++j) {
        if (present[j] == 0) pairs += 1, won += peaks[i] > peaks[j] ? 1 : peaks[i] == peaks[j] ? 0.5 : 0;
        if (peaks[j] >= peaks[i]) above += 1, hits += present[j];
      }
      ap += hits / above / static_cast<double>(carriers.size());
    }
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; ++i) {
      xy += (peaks[i] - mx) * (present[i] - mp);
      xx += (peaks[i] - mx) * (peaks[i] - mx), yy += (present[i] - mp) * (present[i] - mp);
    }
    EXPECT_NEAR(got.auc, won / pairs, 1e-12);
    EXPECT_NEAR(got.average_precision, ap, 1e-12);
    if (xx > 0) {
      EXPECT_NEAR(got.pearson, xy / std::sqrt(xx * yy), 1e-9);
    }
  }
}

TEST(Measures, OverPixelsEqualTheirDefinitions) {
  ConceptMeasures got;
  measure_pixels(30, 40, 50, 1000, got);
  EXPECT_DOUBLE_EQ(got.share, 0.75);
  EXPECT_DOUBLE_EQ(got.f1, 60.0 / 90);
  EXPECT_DOUBLE_EQ(got.cosine, 30 / std::sqrt(50.0 * 40.0));
  double joint = 0, information = 0;
  const double cells[2][2] = {{0.94, 0.02}, {0.01, 0.03}}, on[] = {0.96, 0.04}, is[] = {0.95, 0.05};
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      joint -= cells[i][j] * std::log(cells[i][j]);
      information += cells[i][j] * std::log(cells[i][j] / (on[i] * is[j]));
    }
  }
  EXPECT_NEAR(got.iqr, information / joint, 1e-9);
  ConceptMeasures same;
  measure_pixels(40, 40, 40, 1000, same);
  EXPECT_NEAR(same.iqr, 1, 1e-12);
}

TEST(Typical, AreDrawnFromTheImagesAboveTheThresholdAlone) {
  const StatisticsProblem p = draw_statistics_problem(2);
  for (const UnitDissection& unit : dissect_problem(p)) {
    EXPECT_EQ(static_cast<int64_t>(unit.typical.size()), std::min<int64_t>(3, unit.on_images));
    for (const Exemplar& exemplar : unit.typical) {
      const ImageLabels labels = p.set.labels(exemplar.image);
      std::vector<float> map = exemplar.map;
      if (unit.sign == Sign::kNegative) std::transform(map.begin(), map.end(), map.begin(), std::negate<>());
      EXPECT_FLOAT_EQ(*std::max_element(map.begin(), map.end()), exemplar.activation);
      const auto mask = upsampled_mask(map, {"", 1, exemplar.width, exemplar.height, 1, {}, {}}, unit.threshold,
                                       labels.width, labels.height);
      EXPECT_GT(std::count(mask.begin(), mask.end(), 1), 0);
    }
  }
}

}  // namespace
}  // namespace microtome
