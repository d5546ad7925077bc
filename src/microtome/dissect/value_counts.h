// SPDX-License-Identifier: Apache-2.0
// How often a unit takes which value: exact counts on a grid that widens with the range.
#pragma once
#include <array>
#include <cstdint>

#include "microtome/dissect/findings.h"

namespace microtome {

// Bins of one width, a power of two, on both sides of zero. When a larger magnitude comes the width doubles and
// neighbouring bins merge, which loses nothing: counts depend on the values alone, not on their order.
class ValueCounts {
 public:
  // `magnitude`: the largest |value| among them (or more). All values are finite.
  void add(const float* values, int64_t count, float magnitude);

  // As if the other's values had been added here.
  void merge(const ValueCounts& other);

  // The counts in `bins` bins of equal width from low to high (the smallest and largest value added; for kNegative of
  // the negated values). A fine bin that straddles an edge is split in proportion, in whole numbers; the total is
  // exact.
  Histogram histogram(float low, float high, int bins, Sign sign) const;

  static constexpr int kHalf = 512;  // bins on each side
  // How many values (for kNegative negated values) v had bin * width() <= v < (bin + 1) * width(); bin 0 of kPositive
  // holds the zeros too.
  int64_t count(int bin, Sign sign) const {
    return counts_[static_cast<size_t>(sign == Sign::kPositive ? kHalf + bin : kHalf - 1 - bin)];
  }
  double width() const;

  template <class Self, class F>
  static void members(Self& s, F&& f) {
    f(s.exponent_), f(s.counts_);
  }
  bool consistent() const { return exponent_ >= kSmallest && exponent_ <= kLargest; }

 private:
  static constexpr int kLanes = 8;
  static constexpr int kSmallest = -100, kLargest = 128;
  void widen(int exponent);

  int exponent_ = kSmallest;  // values lie in (-2^exponent, 2^exponent)
  // [kHalf + k]: k <= v / width < k + 1 for v >= 0; mirrored below. Behind them a few places that are zero between
  // calls.
  std::array<int64_t, 2 * kHalf + kLanes> counts_{};
};

}  // namespace microtome
