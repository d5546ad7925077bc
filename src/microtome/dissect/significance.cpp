// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/significance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "microtome/base/rng.h"

namespace microtome {
namespace {

uint8_t poisson_one(Rng& rng) {
  double u = rng.uniform(), p = std::exp(-1.0);
  int k = 0;
  for (; u >= p && k < 20; ++k) {
    u -= p;
    p /= k + 1;
  }
  return static_cast<uint8_t>(k);
}

double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto at = static_cast<size_t>(position);
  const double next = sorted[std::min(at + 1, sorted.size() - 1)];
  return sorted[at] + (position - static_cast<double>(at)) * (next - sorted[at]);
}

// Each unit's IoU (first) and nulls, to mean 0 and deviation 1.
std::vector<double> standardized(double iou, const std::vector<double>& nulls) {
  std::vector<double> out{iou};
  out.insert(out.end(), nulls.begin(), nulls.end());
  const auto n = static_cast<double>(out.size());
  const double mean = std::accumulate(out.begin(), out.end(), 0.0) / n;
  double squares = 0;
  for (const double value : out) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / n);
  for (double& value : out) value = deviation > 0 ? (value - mean) / deviation : 0;
  return out;
}

void set_false_discovery_rates(std::span<UnitDissection* const> units) {
  std::vector<UnitDissection*> order(units.begin(), units.end());
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->significance->p != b->significance->p ? a->significance->p < b->significance->p : a->unit < b->unit;
  });
  double q = 1;
  for (size_t i = order.size(); i-- > 0;) {
    q = std::min(q, order[i]->significance->p * static_cast<double>(order.size()) / static_cast<double>(i + 1));
    order[i]->significance->q = q;
  }
}

Significance against(double iou, std::vector<double> nulls) {
  Significance out;
  out.permutations = static_cast<int>(nulls.size());
  const auto reached = std::count_if(nulls.begin(), nulls.end(), [&](double null) { return null >= iou; });
  out.p = static_cast<double>(1 + reached) / static_cast<double>(1 + nulls.size());
  out.null_mean = std::accumulate(nulls.begin(), nulls.end(), 0.0) / static_cast<double>(nulls.size());
  std::sort(nulls.begin(), nulls.end());
  out.null_high = quantile(nulls, 0.95);
  return out;
}

}  // namespace

std::vector<std::vector<int>> draw_permutations(uint64_t seed, int count, size_t images) {
  std::vector<std::vector<int>> out(static_cast<size_t>(count), std::vector<int>(images));
  for (size_t r = 0; r < out.size(); ++r) {
    std::iota(out[r].begin(), out[r].end(), 0);
    Rng rng(seed, "label permutation", r);
    for (size_t i = images; i > 1; --i) {
      std::swap(out[r][i - 1], out[r][static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
    }
  }
  return out;
}

std::vector<int> givers_of(const std::vector<std::vector<int>>& permutations) {
  const size_t wide = permutations.size(), places = wide == 0 ? 0 : permutations[0].size();
  std::vector<int> givers(places * wide);
  for (size_t r = 0; r < wide; ++r) {
    for (size_t place = 0; place < places; ++place) {
      givers[static_cast<size_t>(permutations[r][place]) * wide + r] = static_cast<int>(place);
    }
  }
  return givers;
}

Resampling::Resampling(uint64_t seed, int replicates, const LabelStore& labels) : count(replicates) {
  const auto wide = static_cast<size_t>(count);
  weights.resize(labels.images().size() * wide);
  truth.resize(labels.totals().truth.size() * wide);
  for (size_t place = 0; place < labels.images().size(); ++place) {
    const LabelledImage& image = labels.images()[place];
    // Named by the image's number, so that the weights do not depend on which other images could be read.
    Rng rng(seed, "bootstrap", static_cast<uint64_t>(image.image));
    uint8_t* weight = &weights[place * wide];
    for (size_t b = 0; b < wide; ++b) weight[b] = poisson_one(rng);
    for (const auto& [label, pixels] : image.truth) {
      int64_t* sums = &truth[static_cast<size_t>(label) * wide];
      for (size_t b = 0; b < wide; ++b) sums[b] += weight[b] * pixels;
    }
  }
}

BootstrapInterval bootstrap_interval(const Resampling& resampling, int label, std::span<const ImageShare> shares) {
  const auto wide = static_cast<size_t>(resampling.count);
  std::vector<int64_t> both(wide), on(wide);
  for (const ImageShare& share : shares) {
    const uint8_t* weight = &resampling.weights[static_cast<size_t>(share.place) * wide];
    for (size_t b = 0; b < wide; ++b) {
      both[b] += weight[b] * share.intersection;
      on[b] += weight[b] * share.activation;
    }
  }
  std::vector<double> ious(wide);
  const int64_t* truth = &resampling.truth[static_cast<size_t>(label) * wide];
  for (size_t b = 0; b < wide; ++b) {
    const int64_t either = on[b] + truth[b] - both[b];
    ious[b] = either > 0 ? static_cast<double>(both[b]) / static_cast<double>(either) : 0;
  }
  const double mean = std::accumulate(ious.begin(), ious.end(), 0.0) / static_cast<double>(wide);
  double squares = 0;
  for (const double iou : ious) squares += (iou - mean) * (iou - mean);
  std::sort(ious.begin(), ious.end());
  return {quantile(ious, 0.025), quantile(ious, 0.975), std::sqrt(squares / std::max<double>(1, wide - 1.0))};
}

namespace {

void adjust_together(std::span<UnitDissection* const> all) {
  std::vector<UnitDissection*> units;
  std::vector<std::vector<double>> scores;  // [unit][assignment], the true one first
  for (UnitDissection* unit : all) {
    if (unit->on_pixels == 0 || unit->shuffled.empty()) continue;
    unit->significance = against(unit->best.iou, unit->shuffled);
    units.push_back(unit);
    scores.push_back(standardized(unit->best.iou, unit->shuffled));
  }
  if (units.empty()) return;
  set_false_discovery_rates(units);
  std::vector<double> largest(scores[0].size(), -std::numeric_limits<double>::infinity());
  for (const auto& of_unit : scores) {
    for (size_t r = 0; r < largest.size(); ++r) largest[r] = std::max(largest[r], of_unit[r]);
  }
  for (size_t i = 0; i < units.size(); ++i) {
    const auto reached = std::count_if(largest.begin(), largest.end(), [&](double z) { return z >= scores[i][0]; });
    units[i]->significance->family_p = static_cast<double>(reached) / static_cast<double>(largest.size());
  }
}

}  // namespace

void adjust_for_multiplicity(std::span<UnitDissection> units) {
  for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
    std::vector<UnitDissection*> together;
    for (UnitDissection& unit : units) {
      if (unit.sign == sign) together.push_back(&unit);
    }
    adjust_together(together);
  }
}

}  // namespace microtome
