// SPDX-License-Identifier: Apache-2.0
// The sums of an image's labels against counting, the nulls against brute force under every rule.
#include "microtome/dissect/shuffled_labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "microtome/base/rng.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/testing/dense_reference.h"

namespace microtome {
namespace {

ImageLabels draw_labels(Rng& rng, int width, int height, int labels) {
  ImageLabels out{width, height, {}, {}, false};
  for (int64_t plane = rng.below(4); plane > 0; --plane) {
    LabelMap map(width, height);
    int label = 0;
    for (uint16_t& pixel : map.labels) {
      if (rng.chance(0.1)) label = static_cast<int>(rng.between(0, labels));
      pixel = static_cast<uint16_t>(label);
    }
    out.planes.push_back(std::move(map));
  }
  return out;
}

std::vector<MaskSpan> draw_mask(Rng& rng, int width, int height) {
  std::vector<MaskSpan> out;
  for (int y = 0; y < height; ++y) {
    for (int x = static_cast<int>(rng.below(width)); x < width; x += 1 + static_cast<int>(rng.below(width))) {
      const int end = static_cast<int>(rng.between(x + 1, width));
      out.push_back({y, x, end});
      x = end;
    }
  }
  return out;
}

TEST(LabelSums, EqualCountingRunByRun) {
  Rng rng(1, "label sums");
  constexpr int kLabels = 50;
  std::vector<bool> wanted(kLabels + 1);
  for (size_t label = 0; label < wanted.size(); ++label) wanted[label] = label % 7 != 3;
  LabelSums sums(wanted);
  size_t most_lanes = 0;
  for (int problem = 0; problem < 120; ++problem) {
    // Sums wrap at 256; a mask of more than 65535 pixels does not fit sixteen bits.
    const int width = problem % 20 == 0 ? 700 : static_cast<int>(rng.between(1, 300));
    const int height = problem % 20 == 0 ? 300 : static_cast<int>(rng.between(1, 20));
    const LabelRuns runs(draw_labels(rng, width, height, static_cast<int>(rng.between(1, kLabels))), kLabels, false,
                         "");
    std::vector<MaskSpan> mask = draw_mask(rng, width, height);
    if (problem % 40 == 0) {
      mask.clear();
      for (int y = 0; y < height; ++y) mask.push_back({y, 0, width});
    }
    sums.set(runs);
    std::vector<LabelSums::Piece> pieces;
    LabelSums::cut(mask, width, pieces);
    std::vector<uint32_t> lanes(sums.room());
    sums.count(pieces, lanes.data());
    LabelCounts truth(wanted.size());
    runs.count(mask, truth);
    std::vector<int64_t> got(wanted.size());
    for (size_t lane = 0; lane < sums.labels().size(); ++lane) {
      got[static_cast<size_t>(sums.labels()[lane])] += lanes[lane];
    }
    for (int label = 0; label <= kLabels; ++label) {
      const auto slot = static_cast<size_t>(label);
      ASSERT_EQ(got[slot], label > 0 && wanted[slot] ? truth[label] : 0) << "problem " << problem;
    }
    most_lanes = std::max(most_lanes, sums.labels().size());
  }
  EXPECT_GT(most_lanes, 64U);
}

struct ShuffleProblem {
  dense::Layer layer;
  dense::ListedConceptSet set;
  std::vector<int64_t> images;
  Convention convention;
  TallySettings tally;
};

ShuffleProblem draw_shuffle_problem(uint64_t seed) {
  constexpr Upsampling kWays[] = {Upsampling::kHalfPixel, Upsampling::kPillow, Upsampling::kZero};
  Rng rng(seed, "nulls");
  const int64_t size = rng.between(8, 25);
  ShuffleProblem p{dense::draw_layer(rng, "conv", 3, static_cast<int>(rng.between(1, 6)), 4, size),
                   dense::draw_concepts(rng, size),
                   std::vector<int64_t>(static_cast<size_t>(size)),
                   {},
                   {}};
  std::iota(p.images.begin(), p.images.end(), 0);
  p.convention.upsampling = kWays[rng.below(3)];
  p.convention.mask_at_top = p.convention.upsampling != Upsampling::kZero;
  p.convention.union_rule = static_cast<UnionRule>(seed % 3);
  p.convention.zero = static_cast<ZeroRule>(seed / 3 % 4);
  p.convention.repeats = static_cast<RepeatRule>(seed / 12 % 3);
  p.tally.min_images = static_cast<int>(rng.between(1, 4));
  p.tally.permutations = 5;
  p.tally.seed = seed;
  return p;
}

Survey survey_problem(const ShuffleProblem& p) {
  SurveySettings settings;
  settings.tail = 0.1;
  Survey survey(p.layer.shape, dissection_needs(settings, p.tally, p.layer.shape, p.set));
  for (const int64_t image : p.images) {
    survey.add(std::vector<SurveyImage>{{image, p.layer.activations[static_cast<size_t>(image)].data()}});
  }
  return survey;
}

TEST(Nulls, EqualBruteForceUnderEveryRuleHoweverOftenTheirSumsAreDrained) {
  int above_zero = 0;
  for (uint64_t seed = 0; seed < 72; ++seed) {
    ShuffleProblem p = draw_shuffle_problem(seed);
    p.tally.convention = &p.convention;
    const Survey survey = survey_problem(p);
    const LabelStore labels(p.set, p.images, {p.convention.repeats, p.convention.zero, false}, 1,
                            *make_silent_reporter());
    const auto permutations = draw_permutations(seed, p.tally.permutations, p.images.size());
    const TallyContext context{labels, p.tally, givers_of(permutations), {}, {}};
    const auto level = [&](size_t row, double tail) {
      return mask_level(survey.state(), row, side_threshold(survey.state(), row, tail), p.convention);
    };
    const std::vector<MaskLevel> levels = {level(0, 0.1), level(1, 0.05), level(2, 0.1)};
    std::vector<std::vector<double>> nulls(levels.size()), drained(levels.size());
    ShuffledLabels(survey.state(), context).run(0, levels, nulls);
    ShuffledLabels(survey.state(), context, 1000).run(0, levels, drained);
    EXPECT_EQ(nulls, drained);
    for (size_t row = 0; row < levels.size(); ++row) {
      for (size_t r = 0; r < permutations.size(); ++r) {
        const std::vector<int64_t> given(permutations[r].begin(), permutations[r].end());
        const auto counts = dense::count(p.layer, p.images, given, p.set, p.convention, static_cast<int>(row),
                                         Sign::kPositive, {levels[row].threshold, levels[row].at_top});
        const auto best = dense::best_of(dense::scores(counts, counts.carriers, p.set.index(), p.tally), p.tally);
        EXPECT_EQ(nulls[row][r], best.iou) << "seed " << seed << " row " << row << " permutation " << r;
        above_zero += best.iou > 0;
      }
    }
  }
  EXPECT_GT(above_zero, 500);
}

}  // namespace
}  // namespace microtome
