// SPDX-License-Identifier: Apache-2.0
// The cells of one side (a unit with a sign) that may lie above its threshold, kept while images stream by.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace microtome {

// Cells of a map that follow each other in row-major order (a run may pass the end of a map row). In one word, for
// there are more of them than of anything but values.
struct CellRun {
  static constexpr uint32_t kMostCells = 1U << 20, kLongest = (1U << 12) - 1;
  uint32_t first : 20, count : 12;
};

// The kept cells of one image: those above the bound and the cells around them. Its runs and values go on to where the
// next region's begin.
struct HotRegion {
  int32_t image = 0;
  float peak = 0;  // largest value of the map
  uint32_t first_run = 0, first_value = 0;
};

// Regions in order of arrival; their runs and values follow each other in the same order. Without values all cells of a
// region hold its peak.
struct CellStore {
  std::vector<HotRegion> regions;
  std::vector<CellRun> runs;
  std::vector<float> values;

  std::span<const CellRun> runs_of(size_t region) const {
    const size_t first = regions[region].first_run;
    return std::span(runs).subspan(first,
                                   (region + 1 < regions.size() ? regions[region + 1].first_run : runs.size()) - first);
  }
};

// Memory that HotCells borrows while it works; one for each thread.
struct HotScratch {
  std::vector<uint8_t> flags;             // whether a cell is hot
  std::vector<uint64_t> hot, wide, kept;  // a bit a cell
  std::vector<uint64_t> left, right;      // without the first, the last cell of each map row
  int left_width = 0, left_height = 0;    // the map for which these two were made
  std::vector<float> map;                 // a map with -infinity where nothing is kept
  std::vector<float> values;
  CellStore store;
};

// Keeps a superset of the cells among the `keep` largest of all cells seen. The bound is the keep-th largest value at
// the last look (-infinity before): it only rises, at least `keep` values seen are >= it, and every value above it is
// stored. Values equal to it are not, so a plateau costs nothing. But where nothing seen lies above the bound, and it
// is not zero (a rectifier's floor), the cells that hold it are kept, without values: the masks of a unit that
// saturates. Amortized cost of a map below the bound: one comparison.
class HotCells {
 public:
  // `reach`: how many cells around a hot one are kept with it. `whole_below_zero`: the bound stays at -infinity, so
  // that everything is kept, as long as it would be below zero.
  HotCells(int width, int height, int64_t keep, int reach = 1, bool whole_below_zero = false)
      : width_(width), height_(height), keep_(keep), reach_(reach), whole_below_zero_(whole_below_zero) {}

  // Takes address space for what is expected, so that the arrays do not grow by moving; memory is taken as it is
  // filled.
  void reserve(size_t values);

  float bound() const { return bound_; }
  // Whether a map with this peak (its largest value) has cells to keep.
  bool wants(float peak) const { return peak > bound_ || (peak == bound_ && peak != 0 && at_top()); }
  // A map that is wanted.
  void add(int32_t image, const float* map, float peak, HotScratch& scratch);

  // As if the other's maps had been added here; both have the same size, keep, reach and rule below zero, and saw other
  // images. The other is left empty.
  void merge(HotCells&& other, HotScratch& scratch);

  // The rank-th largest of all values seen (1: the largest), exactly. rank <= keep, and at least rank values were seen.
  float largest(int64_t rank) const;

  const CellStore& store() const { return store_; }

  // The whole state, to be saved and loaded. F is called with each member in turn.
  template <class Self, class F>
  static void members(Self& s, F&& f) {
    f(s.bound_), f(s.hot_), f(s.next_look_), f(s.tidy_ratio_), f(s.store_.regions), f(s.store_.runs),
        f(s.store_.values);
  }
  // Whether the members belong together; for loaded ones.
  bool consistent() const;

 private:
  int64_t limit() const { return std::max(keep_ + keep_ / 4 + 8, next_look_); }
  void collect(int32_t image, const float* map, float peak, HotScratch& scratch, CellStore& store);
  bool at_top() const { return store_.values.empty(); }  // nothing seen is above the bound
  void hold_top(HotScratch& scratch);
  void raise(HotScratch& scratch);
  void raise_to(float bound, HotScratch& scratch);
  void drop();
  void crop(HotScratch& scratch);
  double ratio() const { return static_cast<double>(store_.values.size()) / static_cast<double>(hot_ + 1); }

  int width_, height_;
  int64_t keep_;
  int reach_;
  bool whole_below_zero_;
  float bound_ = -std::numeric_limits<float>::infinity();
  int64_t hot_ = 0;        // stored values above the bound
  int64_t next_look_ = 0;  // hot values at which the bound is looked at again, where it could not rise
  double tidy_ratio_ = 1;  // stored values per hot one after the last crop
  CellStore store_;
};

}  // namespace microtome
