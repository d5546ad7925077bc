// SPDX-License-Identifier: Apache-2.0
// The cells of one row (a unit with a sign) that may lie above its threshold, kept while images stream by.
#pragma once
#include <cstdint>
#include <vector>

namespace microtome {

// Cells of one map row that follow each other; their values stand in HotCells::values().
struct CellRun {
  uint16_t y = 0, x = 0, count = 0;
};

// The kept cells of one image: those above the bound and their eight neighbours.
struct HotRegion {
  int32_t image = 0;
  float peak = 0;  // largest value of the map
  uint32_t first_run = 0, runs = 0;
  uint64_t first_value = 0;
};

// Memory that HotCells borrows while it works; one for each thread.
struct HotScratch {
  std::vector<uint64_t> hot, wide;  // a bit a cell, rows padded to whole words
  std::vector<float> map;           // a map with -infinity where nothing is kept
  std::vector<float> values;
};

// Keeps a superset of the cells among the `keep` largest of all cells seen. The bound is the keep-th largest value at
// the last look (-infinity before): it only rises, at least `keep` values seen are >= it, and every value above it is
// stored. Values equal to it are not, so a plateau costs nothing. Amortized cost of a map below the bound: one
// comparison.
class HotCells {
 public:
  HotCells(int width, int height, int64_t keep) : width_(width), height_(height), keep_(keep) {}

  float bound() const { return bound_; }
  // A map whose peak (its largest value) is above the bound.
  void add(int32_t image, const float* map, float peak, HotScratch& scratch);

  // The rank-th largest of all values seen (1: the largest), exactly. rank <= keep, and at least rank values were seen.
  float largest(int64_t rank) const;

  const std::vector<HotRegion>& regions() const { return regions_; }
  const std::vector<CellRun>& runs() const { return runs_; }
  const std::vector<float>& values() const { return values_; }

  // The whole state, to be saved and loaded. F is called with each member in turn.
  template <class Self, class F>
  static void members(Self& s, F&& f) {
    f(s.bound_), f(s.hot_), f(s.tidy_ratio_), f(s.regions_), f(s.runs_), f(s.values_);
  }
  // Whether the members belong together; for loaded ones.
  bool consistent() const;

 private:
  int64_t limit() const { return keep_ + keep_ / 2 + 8; }
  void collect(int32_t image, const float* map, float peak, HotScratch& scratch);
  void raise(HotScratch& scratch);
  void drop();
  void crop(HotScratch& scratch);
  double ratio() const { return static_cast<double>(values_.size()) / static_cast<double>(hot_ + 1); }

  int width_, height_;
  int64_t keep_;
  float bound_ = -__builtin_inff();
  int64_t hot_ = 0;        // stored values above the bound
  double tidy_ratio_ = 1;  // stored values per hot one after the last crop
  std::vector<HotRegion> regions_;
  std::vector<CellRun> runs_;
  std::vector<float> values_;
};

}  // namespace microtome
