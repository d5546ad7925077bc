// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/label_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace microtome {
namespace {

double plogp(double p) { return p > 0 ? p * std::log(p) : 0; }

}  // namespace

void measure_pixels(int64_t intersection, int64_t on, int64_t truth, int64_t pixels, ConceptMeasures& out) {
  const auto i = static_cast<double>(intersection);
  if (on > 0) out.share = i / static_cast<double>(on);
  if (on + truth > 0) out.f1 = 2 * i / static_cast<double>(on + truth);
  if (on > 0 && truth > 0) out.cosine = i / std::sqrt(static_cast<double>(on) * static_cast<double>(truth));
  if (pixels == 0) return;
  const auto n = static_cast<double>(pixels);
  const double a = std::min(1.0, static_cast<double>(on) / n), c = std::min(1.0, static_cast<double>(truth) / n);
  // No std::clamp: rounding may put the least that is possible above the most.
  const double both = std::max(std::min(i / n, std::min(a, c)), std::max(0.0, a + c - 1));
  const double joint = -(plogp(both) + plogp(a - both) + plogp(c - both) + plogp(std::max(0.0, 1 - a - c + both)));
  const double apart = -(plogp(a) + plogp(1 - a) + plogp(c) + plogp(1 - c));
  if (joint > 0) out.iqr = std::max(0.0, (apart - joint) / joint);
}

RankedImages::RankedImages(std::vector<float> peaks) : peaks_(std::move(peaks)), group_(peaks_.size()) {
  std::vector<int> order(peaks_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return peaks_[static_cast<size_t>(a)] > peaks_[static_cast<size_t>(b)]; });
  for (size_t i = 0; i < order.size(); ++i) {
    const float peak = peaks_[static_cast<size_t>(order[i])];
    if (i == 0 || peak != peaks_[static_cast<size_t>(order[i - 1])]) group_end_.push_back(0);
    group_end_.back() = static_cast<int64_t>(i) + 1;
    group_[static_cast<size_t>(order[i])] = static_cast<int>(group_end_.size()) - 1;
  }
  for (const float peak : peaks_) mean_ += peak;
  if (!peaks_.empty()) mean_ /= static_cast<double>(peaks_.size());
  for (const float peak : peaks_) sum_of_squares_ += (peak - mean_) * (peak - mean_);
}

void RankedImages::measure(std::span<const int> carriers, ConceptMeasures& out) const {
  const auto n = static_cast<double>(peaks_.size()), m = static_cast<double>(carriers.size());
  if (carriers.empty() || carriers.size() == peaks_.size()) return;
  scratch_.clear();
  double sum = 0;
  for (const int place : carriers) {
    scratch_.push_back(group_[static_cast<size_t>(place)]);
    sum += peaks_[static_cast<size_t>(place)] - mean_;
  }
  std::sort(scratch_.begin(), scratch_.end());
  double precision = 0, beaten = 0;  // sum of precisions; pairs (carrier, other) won, ties half
  for (size_t i = 0; i < scratch_.size();) {
    size_t end = i;
    while (end < scratch_.size() && scratch_[end] == scratch_[i]) ++end;
    const auto group = static_cast<size_t>(scratch_[i]);
    const auto upto = static_cast<double>(group_end_[group]);
    const double before = group > 0 ? static_cast<double>(group_end_[group - 1]) : 0;
    const auto hits = static_cast<double>(end), here = static_cast<double>(end - i);
    precision += here * hits / upto;
    const double others_before = before - static_cast<double>(i), others_here = upto - before - here;
    beaten += here * (n - m - others_before - others_here / 2);
    i = end;
  }
  out.average_precision = precision / m;
  out.auc = beaten / (m * (n - m));
  const double spread = std::sqrt(sum_of_squares_ * m * (1 - m / n));
  if (spread > 0) out.pearson = sum / spread;
}

}  // namespace microtome
