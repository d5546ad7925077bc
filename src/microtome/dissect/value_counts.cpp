// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/value_counts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "microtome/base/platform.h"

namespace microtome {
namespace {

// Magnitude and side are taken apart so that merging bins commutes with binning on both sides of zero. The bin at zero,
// where rectified units spend their time, is spread over several places: counting there must not wait for itself.
MICROTOME_AVX2_CLONES void bin_values(const float* values, int count, float scale, int half, int lanes, int32_t* bins) {
  for (int i = 0; i < count; ++i) {
    const auto size = static_cast<int32_t>(std::fabs(values[i]) * scale);
    const int32_t bin = values[i] < 0 ? ~size : size;
    bins[i] = half + (bin == 0 ? half + (i & (lanes - 1)) : bin);
  }
}

}  // namespace

void ValueCounts::add(const float* values, int64_t count, float magnitude) {
  int exponent = kSmallest;
  if (magnitude > 0) std::frexp(magnitude, &exponent);
  if (exponent > exponent_) widen(exponent);
  const float scale = std::ldexp(1.0F, 9 - exponent_);
  static_assert(kHalf == 1 << 9);
  constexpr int kBlock = 256;
  int32_t bins[kBlock];
  for (int64_t done = 0; done < count; done += kBlock) {
    const int length = static_cast<int>(std::min<int64_t>(kBlock, count - done));
    bin_values(values + done, length, scale, kHalf, kLanes, bins);
    for (int i = 0; i < length; ++i) ++counts_[static_cast<size_t>(bins[i])];
  }
  for (size_t lane = 0; lane < kLanes; ++lane) counts_[kHalf] += std::exchange(counts_[2 * kHalf + lane], 0);
}

void ValueCounts::widen(int exponent) {
  const int shift = std::min(exponent - exponent_, 10);
  std::array<int64_t, 2 * kHalf + kLanes> merged{};
  for (size_t k = 0; k < kHalf; ++k) {
    merged[kHalf + (k >> shift)] += counts_[kHalf + k];
    merged[kHalf - 1 - (k >> shift)] += counts_[kHalf - 1 - k];
  }
  counts_ = merged;
  exponent_ = exponent;
}

void ValueCounts::merge(const ValueCounts& other) {
  ValueCounts from = other;
  if (from.exponent_ > exponent_) widen(from.exponent_);
  if (exponent_ > from.exponent_) from.widen(exponent_);
  for (size_t bin = 0; bin < counts_.size(); ++bin) counts_[bin] += from.counts_[bin];
}

double ValueCounts::width() const { return std::ldexp(1.0, exponent_ - 9); }

Histogram ValueCounts::histogram(float low, float high, int bins, Sign sign) const {
  Histogram out{low, high, std::vector<int64_t>(static_cast<size_t>(bins))};
  const double step = (static_cast<double>(high) - low) / bins;
  int64_t total = 0;
  for (const int64_t count : counts_) total += count;
  if (step <= 0) {
    out.counts[0] = total;
    return out;
  }
  // Below an edge lie all the bins left of it and the share of its own bin; differences of rounded sums keep the total.
  int64_t below = 0, last = 0;
  size_t fine = 0;
  constexpr size_t kFine = 2 * kHalf;
  const auto count_of = [&](size_t bin) { return counts_[sign == Sign::kPositive ? bin : kFine - 1 - bin]; };
  for (int edge = 1; edge < bins; ++edge) {
    const double position = (low + step * edge) / width() + kHalf;
    while (fine < kFine && static_cast<double>(fine + 1) <= position) below += count_of(fine++);
    int64_t sum = below;
    if (fine < kFine && position > static_cast<double>(fine)) {
      sum += static_cast<int64_t>(static_cast<double>(count_of(fine)) * (position - static_cast<double>(fine)));
    }
    out.counts[static_cast<size_t>(edge - 1)] = sum - last;
    last = sum;
  }
  out.counts.back() = total - last;
  return out;
}

}  // namespace microtome
