// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/ranges.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "microtome/base/workers.h"
#include "microtome/dissect/concept_scores.h"
#include "microtome/dissect/survey_state.h"
#include "microtome/dissect/unit_masks.h"

namespace microtome {
namespace {

// Bins that hold values, with running sums; the middle of bin k lies at 2 k + 1 half widths.
struct Levels {
  std::vector<int> bins;
  std::vector<int64_t> weight{0}, sum{0}, squares{0};  // of the bins before

  void add(int bin, int64_t count) {
    const int64_t middle = 2 * bin + 1;
    bins.push_back(bin);
    weight.push_back(weight.back() + count);
    sum.push_back(sum.back() + count * middle);
    squares.push_back(squares.back() + count * middle * middle);
  }
  // Squared distances of the bins [begin, end) from their mean.
  double spread(size_t begin, size_t end) const {
    const auto n = static_cast<double>(weight[end] - weight[begin]), s = static_cast<double>(sum[end] - sum[begin]);
    return static_cast<double>(squares[end] - squares[begin]) - s * s / n;
  }
};

// The first level of each of the best `clusters` clusters.
std::vector<size_t> best_clusters(const Levels& levels, size_t clusters) {
  const size_t n = levels.bins.size();
  // cost[end]: of the levels before `end` in the clusters so far; first[c][end]: where the last of them begins.
  std::vector<double> cost(n + 1, std::numeric_limits<double>::infinity());
  std::vector<std::vector<size_t>> first(clusters, std::vector<size_t>(n + 1));
  cost[0] = 0;
  for (size_t cluster = 0; cluster < clusters; ++cluster) {
    std::vector<double> next(n + 1, std::numeric_limits<double>::infinity());
    for (size_t end = cluster + 1; end <= n; ++end) {
      for (size_t begin = cluster; begin < end; ++begin) {
        const double total = cost[begin] + levels.spread(begin, end);
        if (total < next[end]) next[end] = total, first[cluster][end] = begin;
      }
    }
    cost = std::move(next);
  }
  std::vector<size_t> begins(clusters);
  for (size_t cluster = clusters, end = n; cluster-- > 0; end = begins[cluster]) begins[cluster] = first[cluster][end];
  return begins;
}

}  // namespace

std::vector<float> range_edges(const ValueCounts& counts, Sign sign, int clusters) {
  Levels levels;
  for (int bin = 1; bin < ValueCounts::kHalf; ++bin) {
    if (const int64_t count = counts.count(bin, sign); count > 0) levels.add(bin, count);
  }
  if (levels.bins.empty()) return {};
  std::vector<float> edges;
  for (const size_t begin : best_clusters(levels, std::min(levels.bins.size(), static_cast<size_t>(clusters)))) {
    // A bin holds its lower end, and a range does not: it begins at the number just below.
    const auto low = static_cast<float>(levels.bins[begin] * counts.width());
    edges.push_back(edges.empty() ? 0 : std::nextafter(low, 0.0F));
  }
  return edges;
}

struct RangeTally::Scratch {
  Scratch(const SurveyLayer& layer, Upsampling way, size_t labels) : grids(layer, way), counts(labels), above(labels) {}
  Grids grids;
  LabelCounts counts;
  std::vector<int64_t> above;  // counts under the next higher edge, by label
  std::vector<std::pair<int, int64_t>> here;
  std::vector<float> map, column;
  std::vector<MaskSpan> spans;
};

RangeTally::RangeTally(const Survey& survey, const LabelStore& labels, const TallySettings& settings)
    : survey_(survey.state()), labels_(labels), settings_(settings) {
  for (size_t side = 0; side < survey_.sides.size(); ++side) {
    const UnitSurvey& unit = survey_.units[static_cast<size_t>(survey_.unit_of(side))];
    edges_.push_back(range_edges(unit.counts, survey_.sign_of(side), settings.ranges));
    overlaps_.emplace_back(edges_.back().size(), Overlap(labels.index()));
  }
}

void RangeTally::add(std::span<const SurveyImage> images, int threads) {
  constexpr int64_t kSides = 8;  // that a thread takes at a time
  const auto sides = static_cast<int64_t>(survey_.sides.size());
  std::vector<std::unique_ptr<Scratch>> workers(static_cast<size_t>(std::max(1, threads)));
  parallel_for(threads, (sides + kSides - 1) / kSides, [&](int worker, int64_t block) {
    auto& scratch = workers[static_cast<size_t>(worker)];
    if (!scratch) {
      scratch =
          std::make_unique<Scratch>(survey_.layer, settings_.convention->upsampling, labels_.totals().truth.size());
    }
    for (const SurveyImage& image : images) {
      const int place = labels_.position(image.image);
      if (place < 0) continue;
      for (int64_t side = block * kSides; side < std::min(sides, (block + 1) * kSides); ++side) {
        const float* map = image.activations + survey_.unit_of(static_cast<size_t>(side)) * survey_.map_cells();
        add_map(static_cast<size_t>(side), labels_.images()[static_cast<size_t>(place)], map, *scratch);
      }
    }
  });
  for (const SurveyImage& image : images) images_ += labels_.position(image.image) >= 0;
}

void RangeTally::add_map(size_t side, const LabelledImage& image, const float* map, Scratch& scratch) {
  const int width = survey_.layer.map_width, height = survey_.layer.map_height;
  const Upsampler& upsampler = scratch.grids.of(image.labels.width(), image.labels.height());
  const int ring = upsampler.ring();
  const float factor = survey_.sign_of(side) == Sign::kPositive ? 1.0F : -1.0F;
  scratch.map.assign(static_cast<size_t>(upsampler.width()) * static_cast<size_t>(upsampler.height()), 0);
  float peak = 0;
  for (int y = 0; y < height; ++y) {
    float* to = &scratch.map[static_cast<size_t>((y + ring) * upsampler.width() + ring)];
    for (int x = 0; x < width; ++x) peak = std::max(peak, to[x] = factor * map[y * width + x]);
  }
  const CellBox whole{0, 0, upsampler.width() - 1, upsampler.height() - 1};
  // From the highest edge down: what is above this edge and not above the next higher one is in the range.
  int64_t on_above = 0;
  for (size_t range = edges_[side].size(); range-- > 0;) {
    const float edge = edges_[side][range];
    if (peak <= edge) continue;
    scratch.spans.clear();
    upsampler.spans(scratch.map.data(), whole, edge, scratch.column, scratch.spans);
    int64_t on = 0;
    for (const MaskSpan& span : scratch.spans) on += span.end - span.begin;
    image.labels.count(scratch.spans, scratch.counts);
    scratch.here.clear();
    for (const int label : scratch.counts.touched()) {
      int64_t& above = scratch.above[static_cast<size_t>(label)];
      if (const int64_t count = scratch.counts[label]; count > above) scratch.here.emplace_back(label, count - above);
      above = range > 0 ? scratch.counts[label] : 0;
    }
    scratch.counts.clear();
    if (on > on_above) {
      add_overlap(*settings_.convention, labels_.index(), image, scratch.here, on - on_above, overlaps_[side][range]);
    }
    on_above = on;
  }
}

std::vector<RangeScore> RangeTally::scores(size_t side) const {
  const Convention& convention = *settings_.convention;
  const Candidates candidates{&convention, &labels_.index(), &labels_.totals().images,
                              settings_.min_images > 0 ? settings_.min_images : convention.min_images};
  const UnitSurvey& unit = survey_.units[static_cast<size_t>(survey_.unit_of(side))];
  std::vector<RangeScore> out;
  for (size_t range = 0; range < edges_[side].size(); ++range) {
    RangeScore score;
    score.low = edges_[side][range];
    score.high = survey_.sign_of(side) == Sign::kPositive ? unit.maximum : -unit.minimum;
    if (range + 1 < edges_[side].size()) score.high = edges_[side][range + 1];
    score.on_pixels = overlaps_[side][range].on_pixels;
    UnitDissection of_range;
    score_concepts(overlaps_[side][range], labels_.totals(), candidates, 0, of_range);
    score.best = of_range.best;
    out.push_back(score);
  }
  return out;
}

int64_t range_bytes(int64_t sides, int ranges, const ConceptIndex& index) {
  const int64_t numbers = index.max_label() + 1 + index.category_count();
  return sides * ranges * (numbers * static_cast<int64_t>(sizeof(int64_t)) + static_cast<int64_t>(sizeof(Overlap)));
}

}  // namespace microtome
