// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/hot_cells.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>

#include "microtome/base/platform.h"

namespace microtome {
namespace {

constexpr double kSurplus = 1.2;
constexpr float kNothing = -std::numeric_limits<float>::infinity();

// Doubling would waste half of the largest arrays of a dissection.
template <class T>
void make_room(std::vector<T>& items, size_t more) {
  constexpr size_t kFirst = 256;
  const size_t need = items.size() + more;
  if (need > items.capacity()) items.reserve(std::max({need, items.capacity() + items.capacity() / 8, kFirst}));
}

// Sets a bit for each cell above the bound; returns how many. `flags` has a byte for each bit, zero beyond the cells.
MICROTOME_AVX2_CLONES int64_t mark_hot(const float* map, size_t cells, float bound, uint8_t* flags, uint64_t* bits,
                                       size_t words) {
  for (size_t i = 0; i < cells; ++i) flags[i] = map[i] > bound;
  int64_t count = 0;
  for (size_t word = 0; word < words; ++word) {
    uint64_t mask = 0;
    for (size_t byte = 0; byte < 8; ++byte) {
      uint64_t eight;
      std::memcpy(&eight, flags + word * 64 + byte * 8, 8);
      // Gathers the lowest bits of eight bytes in the highest byte (little-endian).
      mask |= (eight * 0x0102040810204080U) >> 56 << (byte * 8);
    }
    bits[word] = mask;
    count += std::popcount(mask);
  }
  return count;
}

MICROTOME_AVX2_CLONES size_t count_bits(const std::vector<uint64_t>& bits) {
  size_t count = 0;
  for (const uint64_t mask : bits) count += static_cast<size_t>(std::popcount(mask));
  return count;
}

// Runs are a few cells long: calling memmove costs more than the copy (see CMakeLists.txt).
inline void copy_few(const float* from, uint32_t count, float* to) {
  for (uint32_t i = 0; i < count; ++i) to[i] = from[i];
}

// bits moved up (towards later cells) or down by `shift` cells; the word at `word`.
uint64_t moved_up(const uint64_t* bits, size_t word, size_t shift) {
  const size_t whole = shift / 64, part = shift % 64;
  if (word < whole) return 0;
  const uint64_t low = part != 0 && word > whole ? bits[word - whole - 1] >> (64 - part) : 0;
  return bits[word - whole] << part | low;
}
uint64_t moved_down(const uint64_t* bits, size_t word, size_t words, size_t shift) {
  const size_t from = word + shift / 64, part = shift % 64;
  if (from >= words) return 0;
  const uint64_t high = part != 0 && from + 1 < words ? bits[from + 1] << (64 - part) : 0;
  return bits[from] >> part | high;
}

void fit_scratch(int width, int height, HotScratch& scratch) {
  if (scratch.left_width == width && scratch.left_height == height) return;
  const auto columns = static_cast<size_t>(width), cells = columns * static_cast<size_t>(height);
  const size_t words = (cells + 63) / 64;
  scratch.flags.assign(words * 64, 0);
  for (auto* bits : {&scratch.hot, &scratch.wide, &scratch.kept, &scratch.left, &scratch.right}) bits->assign(words, 0);
  for (size_t cell = 0; cell < cells; ++cell) {
    const uint64_t bit = uint64_t{1} << (cell % 64);
    if (cell % columns != 0) scratch.left[cell / 64] |= bit;
    if (cell % columns != columns - 1) scratch.right[cell / 64] |= bit;
  }
  scratch.left_width = width;
  scratch.left_height = height;
}

// Adds the eight neighbours of each hot cell; returns how many cells are kept.
size_t add_neighbours(HotScratch& scratch, size_t width, size_t cells) {
  const size_t words = scratch.hot.size();
  const uint64_t* hot = scratch.hot.data();
  for (size_t word = 0; word < words; ++word) {
    scratch.wide[word] = hot[word] | (moved_up(hot, word, 1) & scratch.left[word]) |
                         (moved_down(hot, word, words, 1) & scratch.right[word]);
  }
  const uint64_t* wide = scratch.wide.data();
  for (size_t word = 0; word < words; ++word) {
    scratch.kept[word] = wide[word] | moved_up(wide, word, width) | moved_down(wide, word, words, width);
  }
  if (cells % 64 != 0) scratch.kept.back() &= (uint64_t{1} << (cells % 64)) - 1;
  return count_bits(scratch.kept);
}

// Calls visit(first, count) for each stretch of set bits within a word.
template <class F>
void for_each_stretch(const std::vector<uint64_t>& bits, F&& visit) {
  for (size_t word = 0; word < bits.size(); ++word) {
    for (uint64_t mask = bits[word]; mask != 0;) {
      const int begin = std::countr_zero(mask);
      const int count = std::countr_one(mask >> begin);
      visit(static_cast<uint32_t>(word * 64) + static_cast<uint32_t>(begin), static_cast<uint32_t>(count));
      if (begin + count >= 64) break;
      mask &= ~uint64_t{0} << (begin + count);
    }
  }
}

// The values above the bound, in storage order.
void gather_hot(const std::vector<float>& values, float bound, std::vector<float>& hot) {
  hot.resize(values.size());
  size_t count = 0;
  for (const float value : values) {
    hot[count] = value;
    count += value > bound;
  }
  hot.resize(count);
}

// Appends a cell to the last region, whose cells come in rising order.
void add_cell(uint32_t cell, CellStore& store) {
  CellRun* last = store.runs.size() > store.regions.back().first_run ? &store.runs.back() : nullptr;
  if (last != nullptr && last->first + uint32_t{last->count} == cell && last->count < CellRun::kLongest) {
    last->count = (last->count + 1) & CellRun::kLongest;
  } else {
    store.runs.push_back({cell & (CellRun::kMostCells - 1), 1});
  }
}

void add_top(int32_t image, float peak, CellStore& store) {
  store.regions.push_back({image, peak, static_cast<uint32_t>(store.runs.size()), 0});
}

}  // namespace

void HotCells::reserve(size_t values) {
  store_.values.reserve(values);
  store_.runs.reserve(values / 3);
  store_.regions.reserve(values / 12);
}

void HotCells::add(int32_t image, const float* map, float peak, HotScratch& scratch) {
  if (peak == bound_) {
    add_top(image, peak, store_);
    const auto cells = static_cast<uint32_t>(width_) * static_cast<uint32_t>(height_);
    for (uint32_t cell = 0; cell < cells; ++cell) {
      if (map[cell] == peak) add_cell(cell, store_);
    }
    return;
  }
  if (at_top()) store_.regions.clear(), store_.runs.clear();
  collect(image, map, peak, scratch, store_);
  if (hot_ >= limit()) raise(scratch);
}

void HotCells::merge(HotCells&& other, HotScratch& scratch) {
  // Each bound lies at or below the K-th largest value of its own maps, and that of all maps is no smaller.
  const float bound = std::max(bound_, other.bound_);
  raise_to(bound, scratch);
  other.raise_to(bound, scratch);
  if (at_top() && !other.at_top()) store_.regions.clear(), store_.runs.clear();
  if (other.at_top() && !at_top()) other.store_ = {};
  const auto runs = static_cast<uint32_t>(store_.runs.size()), values = static_cast<uint32_t>(store_.values.size());
  for (HotRegion region : other.store_.regions) {
    region.first_run += runs;
    region.first_value += values;
    store_.regions.push_back(region);
  }
  store_.runs.insert(store_.runs.end(), other.store_.runs.begin(), other.store_.runs.end());
  store_.values.insert(store_.values.end(), other.store_.values.begin(), other.store_.values.end());
  other.store_ = {};
  other.hot_ = 0;
  hot_ = std::count_if(store_.values.begin(), store_.values.end(), [this](float value) { return value > bound_; });
  tidy_ratio_ = std::min(tidy_ratio_, other.tidy_ratio_);
  next_look_ = 0;
  if (hot_ >= limit()) raise(scratch);
}

void HotCells::collect(int32_t image, const float* map, float peak, HotScratch& scratch, CellStore& store) {
  const auto width = static_cast<size_t>(width_), cells = width * static_cast<size_t>(height_);
  fit_scratch(width_, height_, scratch);
  hot_ += mark_hot(map, cells, bound_, scratch.flags.data(), scratch.hot.data(), scratch.hot.size());
  size_t kept = add_neighbours(scratch, width, cells);
  for (int step = 1; step < reach_ && kept < cells; ++step) {
    scratch.hot = scratch.kept;
    kept = add_neighbours(scratch, width, cells);
  }
  const HotRegion region{image, peak, static_cast<uint32_t>(store.runs.size()),
                         static_cast<uint32_t>(store.values.size())};
  make_room(store.runs, cells / 2 + 1);
  make_room(store.values, cells);
  store.values.resize(store.values.size() + kept);
  float* out = store.values.data() + region.first_value;
  uint32_t end = 0;  // of the last run
  for_each_stretch(scratch.kept, [&](uint32_t first, uint32_t count) {
    if (first == end && end != 0 && store.runs.back().count + count <= CellRun::kLongest) {
      store.runs.back().count += count;
    } else {
      store.runs.push_back({first, count});
    }
    end = first + count;
    copy_few(map + first, count, out);
    out += count;
  });
  store.regions.push_back(region);
}

void HotCells::raise(HotScratch& scratch) {
  std::vector<float>& hot = scratch.values;
  gather_hot(store_.values, bound_, hot);
  const auto kth = hot.begin() + (keep_ - 1);
  std::nth_element(hot.begin(), kth, hot.end(), std::greater<>());
  if (whole_below_zero_ && *kth < 0) {
    next_look_ = 2 * hot_;
    return;
  }
  bound_ = *kth;
  next_look_ = 0;
  hot_ = std::count_if(hot.begin(), kth, [this](float value) { return value > bound_; });
  if (hot_ == 0) return hold_top(scratch);
  drop();
  // Regions keep the cells of the bound under which they came; cropping them costs more than it saves until the
  // surplus has grown.
  if (ratio() > kSurplus * tidy_ratio_) {
    crop(scratch);
    tidy_ratio_ = ratio();
  }
}

// To a bound that nothing seen is above: keeps the cells that hold it.
void HotCells::hold_top(HotScratch& scratch) {
  CellStore& top = scratch.store;
  top.regions.clear(), top.runs.clear();
  for (size_t i = 0; i < store_.regions.size(); ++i) {
    const HotRegion& region = store_.regions[i];
    if (region.peak != bound_ || bound_ == 0) continue;
    add_top(region.image, region.peak, top);
    const float* value = store_.values.data() + region.first_value;
    for (const CellRun run : store_.runs_of(i)) {
      for (uint32_t cell = run.first, end = cell + run.count; cell < end; ++cell) {
        if (*value++ == bound_) add_cell(cell, top);
      }
    }
  }
  store_.regions.assign(top.regions.begin(), top.regions.end());
  store_.runs.assign(top.runs.begin(), top.runs.end());
  store_.values.clear();
}

// To a bound that is no lower than before.
void HotCells::raise_to(float bound, HotScratch& scratch) {
  if (at_top() && bound > bound_) store_.regions.clear(), store_.runs.clear();
  bound_ = bound;
  if (at_top()) return;
  const bool hot = std::ranges::any_of(store_.regions, [&](const HotRegion& region) { return region.peak > bound; });
  hot ? drop() : hold_top(scratch);
}

void HotCells::drop() {
  size_t regions = 0, runs = 0, values = 0;
  for (size_t i = 0; i < store_.regions.size(); ++i) {
    HotRegion region = store_.regions[i];
    if (region.peak <= bound_) continue;
    const std::span<const CellRun> kept = store_.runs_of(i);
    size_t count = 0;
    for (size_t run = 0; run < kept.size(); ++run) {
      count += kept[run].count;
      store_.runs[runs + run] = kept[run];
    }
    std::copy_n(store_.values.begin() + static_cast<ptrdiff_t>(region.first_value), count,
                store_.values.begin() + static_cast<ptrdiff_t>(values));
    region.first_run = static_cast<uint32_t>(runs);
    region.first_value = static_cast<uint32_t>(values);
    runs += kept.size();
    values += count;
    // Only places before i are written, so that runs_of() still sees where the next region began.
    store_.regions[regions++] = region;
  }
  store_.regions.resize(regions);
  store_.runs.resize(runs);
  store_.values.resize(values);
}

void HotCells::crop(HotScratch& scratch) {
  CellStore& cropped = scratch.store;
  cropped.regions.clear(), cropped.runs.clear(), cropped.values.clear();
  hot_ = 0;
  // The neighbours of a cell that is still hot were neighbours before, so all that collect() reads is there.
  scratch.map.assign(static_cast<size_t>(width_) * static_cast<size_t>(height_), kNothing);
  for (size_t i = 0; i < store_.regions.size(); ++i) {
    const HotRegion& region = store_.regions[i];
    const float* value = store_.values.data() + region.first_value;
    for (const CellRun run : store_.runs_of(i)) {
      copy_few(value, run.count, &scratch.map[run.first]);
      value += run.count;
    }
    collect(region.image, scratch.map.data(), region.peak, scratch, cropped);
    for (const CellRun run : store_.runs_of(i)) {
      for (uint32_t cell = 0; cell < run.count; ++cell) scratch.map[run.first + cell] = kNothing;
    }
  }
  // Copies, so that the arrays here stay and no memory is asked for; a region may have more runs than before.
  store_.regions.assign(cropped.regions.begin(), cropped.regions.end());
  store_.runs.assign(cropped.runs.begin(), cropped.runs.end());
  store_.values.assign(cropped.values.begin(), cropped.values.end());
}

float HotCells::largest(int64_t rank) const {
  std::vector<float> hot;
  gather_hot(store_.values, bound_, hot);
  // At least `keep` values are >= the bound, so what is not above it is equal to it.
  if (rank > static_cast<int64_t>(hot.size())) return bound_;
  const auto nth = hot.begin() + (rank - 1);
  std::nth_element(hot.begin(), nth, hot.end(), std::greater<>());
  return *nth;
}

bool HotCells::consistent() const {
  const auto cells = static_cast<uint64_t>(width_) * static_cast<uint64_t>(height_);
  size_t runs = 0, values = 0;
  for (size_t i = 0; i < store_.regions.size(); ++i) {
    const HotRegion& region = store_.regions[i];
    const size_t end = i + 1 < store_.regions.size() ? store_.regions[i + 1].first_run : store_.runs.size();
    if (region.first_run != runs || region.first_value != values || end <= runs || end > store_.runs.size() ||
        (at_top() && region.peak != bound_)) {
      return false;
    }
    uint64_t last = 0;
    for (; runs < end; ++runs) {
      const CellRun& run = store_.runs[runs];
      if (run.count == 0 || run.first < last || uint64_t{run.first} + run.count > cells) return false;
      last = uint64_t{run.first} + run.count;
      if (!at_top()) values += run.count;
    }
    if (values > store_.values.size()) return false;
  }
  const auto hot = std::count_if(store_.values.begin(), store_.values.end(), [this](float v) { return v > bound_; });
  return runs == store_.runs.size() && values == store_.values.size() && hot == hot_;
}

}  // namespace microtome
