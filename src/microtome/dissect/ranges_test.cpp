// SPDX-License-Identifier: Apache-2.0
// Ranges of activations against brute force: clusters by trying every partition, counts pixel by pixel.
#include "microtome/dissect/ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "microtome/base/rng.h"
#include "microtome/dissect/testing/dense_reference.h"
#include "microtome/dissect/testing/dissected.h"

namespace microtome {
namespace {

using dense::Layer;
using dense::ListedConceptSet;

ValueCounts counts_of(const std::vector<float>& values) {
  ValueCounts counts;
  float magnitude = 0;
  for (const float value : values) magnitude = std::max(magnitude, std::fabs(value));
  counts.add(values.data(), static_cast<int64_t>(values.size()), magnitude);
  return counts;
}

// The sum of squared distances of values, each at the middle of its bin, from the means of the clusters between edges.
double spread(const std::vector<double>& middles, const std::vector<double>& edges) {
  double total = 0;
  for (size_t cluster = 0; cluster < edges.size(); ++cluster) {
    const double high = cluster + 1 < edges.size() ? edges[cluster + 1] : std::numeric_limits<double>::infinity();
    double n = 0, mean = 0;
    for (const double value : middles) {
      if (value > edges[cluster] && value <= high) n += 1, mean += value;
    }
    mean /= std::max(1.0, n);
    for (const double value : middles) {
      if (value > edges[cluster] && value <= high) total += (value - mean) * (value - mean);
    }
  }
  return total;
}

TEST(Ranges, AreTheBestOfAllPartitions) {
  Rng rng(1, "ranges");
  for (int trial = 0; trial < 120; ++trial) {
    std::vector<float> values;
    for (int64_t levels = rng.between(1, 9); levels > 0; --levels) {
      const auto level = static_cast<float>(std::exp(rng.normal()) * (rng.chance(0.2) ? -1 : 1));
      values.insert(values.end(), static_cast<size_t>(rng.between(1, 6)), level);
    }
    values.insert(values.end(), 20, 0.0F);
    const ValueCounts counts = counts_of(values);
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      std::vector<double> middles;
      for (const float value : values) {
        const double positive = sign == Sign::kPositive ? value : -static_cast<double>(value);
        const double bin = std::floor(positive / counts.width());
        if (bin >= 1) middles.push_back((bin + 0.5) * counts.width());
      }
      std::vector<double> distinct = middles;
      std::sort(distinct.begin(), distinct.end());
      distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
      const int clusters = static_cast<int>(rng.between(1, 4));
      const std::vector<float> got = range_edges(counts, sign, clusters);
      ASSERT_EQ(got.size(), std::min(distinct.size(), static_cast<size_t>(clusters)));
      if (got.empty()) continue;
      EXPECT_EQ(got[0], 0);
      EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
      // Every choice of the levels at which clusters begin.
      double best = std::numeric_limits<double>::infinity();
      for (uint32_t choice = 0; choice < 1U << (distinct.size() - 1); ++choice) {
        if (static_cast<size_t>(std::popcount(choice)) + 1 != got.size()) continue;
        std::vector<double> edges{0};
        for (size_t level = 1; level < distinct.size(); ++level) {
          if ((choice >> (level - 1) & 1) != 0) edges.push_back(distinct[level] - counts.width() / 4);
        }
        best = std::min(best, spread(middles, edges));
      }
      const double own = spread(middles, {got.begin(), got.end()});
      EXPECT_NEAR(own, best, 1e-9 * (1 + best));
    }
  }
}

TEST(Ranges, ALevelBelongsToTheClusterThatBeginsThere) {
  // Quantized units: every level lies on the edge of a bin.
  std::vector<float> values(30, 0.0F);
  for (const float level : {0.5F, 1.0F, 4.0F, 4.5F, 8.0F}) values.insert(values.end(), 10, level);
  const std::vector<float> edges = range_edges(counts_of(values), Sign::kPositive, 3);
  ASSERT_EQ(edges.size(), 3U);
  EXPECT_EQ(edges[1], std::nextafter(4.0F, 0.0F));
  EXPECT_EQ(edges[2], std::nextafter(8.0F, 0.0F));
  EXPECT_TRUE(range_edges(counts_of(values), Sign::kNegative, 3).empty());
  EXPECT_TRUE(range_edges(counts_of(std::vector<float>(9, 0.0F)), Sign::kPositive, 3).empty());
}

struct Dissected {
  std::vector<UnitDissection> units;
  int64_t images = 0;
};

Dissected dissect_ranges(const Layer& layer, const std::vector<int64_t>& images, const ListedConceptSet& set,
                         const SurveySettings& survey, const TallySettings& settings, size_t chunk, int threads) {
  Survey of(layer.shape, dissection_needs(survey, settings, layer.shape, set));
  const auto stream = [&](const auto& take) {
    for (size_t begin = 0; begin < images.size(); begin += chunk) {
      std::vector<SurveyImage> batch;
      for (size_t i = begin; i < std::min(images.size(), begin + chunk); ++i) {
        batch.push_back({images[i], layer.activations[static_cast<size_t>(images[i])].data()});
      }
      take(batch);
    }
  };
  stream([&](const auto& batch) { of.add(batch, threads); });
  const auto reporter = make_silent_reporter();
  Tally tally(set, images, settings, threads, *reporter);
  RangeTally ranges(of, tally.labels(), settings);
  stream([&](const auto& batch) { ranges.add(batch, threads); });
  tally.add(of, {}, &ranges);
  return {tally.finish()[0].units, ranges.images()};
}

void expect_equal(const ConceptScore& a, const ConceptScore& b) {
  EXPECT_EQ(std::tie(a.label, a.category, a.intersection, a.activation, a.truth, a.images, a.iou, a.ceiling),
            std::tie(b.label, b.category, b.intersection, b.activation, b.truth, b.images, b.iou, b.ceiling));
}

TEST(Ranges, CountsEqualTheDenseReferenceUnderEveryConvention) {
  int scored = 0, below = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, "ranges");
    const int64_t size = rng.between(5, 40);
    const Layer layer = dense::draw_layer(rng, "conv", 6, static_cast<int>(rng.between(1, 9)),
                                          static_cast<int>(rng.between(1, 9)), size);
    ListedConceptSet set = dense::draw_concepts(rng, size);
    if (rng.chance(0.2)) set.unreadable = {rng.below(size)};
    std::vector<int64_t> images;
    for (int64_t image = 0; image < size; ++image) {
      if (image == 0 || rng.chance(0.9)) images.push_back(image);
    }
    Convention convention = conventions()[static_cast<size_t>(rng.below(6))];
    constexpr Upsampling kWays[] = {Upsampling::kHalfPixel, Upsampling::kPillow, Upsampling::kQuick, Upsampling::kZero};
    convention.upsampling = kWays[rng.below(4)];
    SurveySettings survey;
    survey.tail = 0.05, survey.negative = true;
    TallySettings settings;
    settings.convention = &convention;
    settings.min_images = 2;
    settings.ranges = static_cast<int>(rng.between(1, 6));
    const Dissected got = dissect_ranges(layer, images, set, survey, settings, 7, 2);
    const Dissected again = dissect_ranges(layer, images, set, survey, settings, 1, 1);
    const std::vector<int64_t> labelled = dense::readable(images, set);
    EXPECT_EQ(got.images, static_cast<int64_t>(labelled.size()));
    for (size_t i = 0; i < got.units.size(); ++i) {
      const UnitDissection& unit = got.units[i];
      ASSERT_EQ(unit.ranges.size(), again.units[i].ranges.size());
      int64_t on = 0;
      for (size_t r = 0; r < unit.ranges.size(); ++r) {
        const RangeScore& range = unit.ranges[r];
        expect_equal(range.best, again.units[i].ranges[r].best);
        EXPECT_EQ(range.high, r + 1 < unit.ranges.size() ? unit.ranges[r + 1].low : unit.maximum);
        const auto counts = dense::count(layer, labelled, labelled, set, convention, unit.unit, unit.sign,
                                         {range.low, false, range.high});
        EXPECT_EQ(range.on_pixels, counts.on);
        expect_equal(range.best,
                     dense::best_of(dense::scores(counts, counts.carriers, set.index(), settings), settings));
        on += range.on_pixels;
        scored += range.best.label != 0;
        below += range.high < unit.threshold && range.best.label != 0;
      }
      if (!unit.ranges.empty()) {
        EXPECT_EQ(on, dense::count(layer, labelled, labelled, set, convention, unit.unit, unit.sign, {}).on);
      }
    }
  }
  EXPECT_GT(scored, 300);
  EXPECT_GT(below, 100) << "what the one pass cannot see";
}

TEST(Ranges, FindWhatAUnitShowsBelowItsThreshold) {
  // One unit: 10 on the few pixels of "rare", 3 on the many of "common".
  constexpr int kSide = 10, kImages = 30;
  std::vector<ImageLabels> labels;
  Layer layer{{"planted", 1, kSide, kSide, kImages, {}, {}}, {}};
  for (int image = 0; image < kImages; ++image) {
    ImageLabels holds{kSide, kSide, {LabelMap(kSide, kSide)}, {}, false};
    std::vector<float> map(kSide * kSide, 0.0F);
    for (size_t cell = 0; cell < map.size(); ++cell) {
      const int label = cell % kSide < 4 ? 2 : cell == 77 ? 1 : 0;
      holds.planes[0].labels[cell] = static_cast<uint16_t>(label);
      map[cell] = label == 1 ? 10.0F : label == 2 ? 3.0F : 0.0F;
    }
    labels.push_back(std::move(holds));
    layer.activations.push_back(std::move(map));
  }
  const ListedConceptSet set(dense::index_of({"object"}, {{1, "rare", 0, {0}}, {2, "common", 0, {0}}}), labels);
  std::vector<int64_t> images(kImages);
  std::iota(images.begin(), images.end(), 0);
  TallySettings settings;
  settings.ranges = 2;
  SurveySettings survey;
  survey.tail = 0.01;
  const UnitDissection unit = dissect_ranges(layer, images, set, survey, settings, 8, 1).units[0];
  EXPECT_EQ(unit.best.label, 1);
  ASSERT_EQ(unit.ranges.size(), 2U);
  EXPECT_EQ(unit.ranges[0].best.label, 2);
  EXPECT_EQ(unit.ranges[0].best.iou, 1);
  EXPECT_EQ(unit.ranges[1].best.label, 1);
  EXPECT_EQ(unit.ranges[1].best.iou, 1);
}

}  // namespace
}  // namespace microtome
