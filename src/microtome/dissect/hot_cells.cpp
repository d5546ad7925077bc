// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/hot_cells.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <limits>

namespace microtome {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// Doubling would waste half of the largest arrays of a dissection.
template <class T>
void make_room(std::vector<T>& items, size_t more) {
  const size_t need = items.size() + more;
  if (need > items.capacity()) items.reserve(std::max(need, items.capacity() + items.capacity() / 4));
}

// Sets a bit for each cell above the bound; returns how many.
int64_t mark_hot(const float* map, int width, int height, float bound, uint64_t* bits, int words) {
  int64_t count = 0;
  for (int y = 0; y < height; ++y, map += width) {
    for (int word = 0; word < words; ++word) {
      const int begin = word * 64, length = std::min(64, width - begin);
      uint64_t mask = 0;
      for (int x = 0; x < length; ++x) mask |= static_cast<uint64_t>(map[begin + x] > bound) << x;
      *bits++ = mask;
      count += std::popcount(mask);
    }
  }
  return count;
}

// Adds the left and right neighbours of each set bit, within the width.
void widen(const uint64_t* bits, int words, int width, uint64_t* out) {
  for (int word = 0; word < words; ++word) {
    uint64_t mask = bits[word] | bits[word] << 1 | bits[word] >> 1;
    if (word > 0) mask |= bits[word - 1] >> 63;
    if (word + 1 < words) mask |= bits[word + 1] << 63;
    out[word] = mask;
  }
  if (width % 64 != 0) out[words - 1] &= (uint64_t{1} << (width % 64)) - 1;
}

}  // namespace

void HotCells::add(int32_t image, const float* map, float peak, HotScratch& scratch) {
  collect(image, map, peak, scratch);
  if (hot_ >= limit()) raise(scratch);
}

void HotCells::collect(int32_t image, const float* map, float peak, HotScratch& scratch) {
  const int words = (width_ + 63) / 64;
  const auto row_words = static_cast<size_t>(words);
  scratch.hot.resize(row_words * static_cast<size_t>(height_));
  // A blank row above and below saves the tests for the border.
  scratch.wide.assign(row_words * static_cast<size_t>(height_ + 2), 0);
  hot_ += mark_hot(map, width_, height_, bound_, scratch.hot.data(), words);
  for (size_t y = 0; y < static_cast<size_t>(height_); ++y) {
    widen(&scratch.hot[y * row_words], words, width_, &scratch.wide[(y + 1) * row_words]);
  }
  HotRegion region{image, peak, static_cast<uint32_t>(runs_.size()), 0, values_.size()};
  for (int y = 0; y < height_; ++y) {
    const uint64_t* above = &scratch.wide[static_cast<size_t>(y) * row_words];
    for (int word = 0; word < words; ++word) {
      uint64_t mask = above[word] | above[word + words] | above[word + 2 * words];
      while (mask != 0) {
        const int begin = std::countr_zero(mask);
        const int count = std::countr_one(mask >> begin);
        mask = begin + count >= 64 ? 0 : mask & (~uint64_t{0} << (begin + count));
        const int x = word * 64 + begin;
        runs_.push_back({static_cast<uint16_t>(y), static_cast<uint16_t>(x), static_cast<uint16_t>(count)});
        make_room(values_, static_cast<size_t>(count));
        const float* first = map + static_cast<ptrdiff_t>(y) * width_ + x;
        values_.insert(values_.end(), first, first + count);
      }
    }
  }
  region.runs = static_cast<uint32_t>(runs_.size()) - region.first_run;
  regions_.push_back(region);
}

void HotCells::raise(HotScratch& scratch) {
  std::vector<float>& hot = scratch.values;
  hot.clear();
  for (const float value : values_) {
    if (value > bound_) hot.push_back(value);
  }
  const auto kth = hot.begin() + (keep_ - 1);
  std::nth_element(hot.begin(), kth, hot.end(), std::greater<>());
  bound_ = *kth;
  hot_ = std::count_if(hot.begin(), kth, [this](float value) { return value > bound_; });
  drop();
  // Regions keep the cells of the bound under which they came; cropping them costs more than it saves until the
  // surplus has grown.
  if (ratio() > 1.25 * tidy_ratio_) {
    crop(scratch);
    tidy_ratio_ = ratio();
  }
}

void HotCells::drop() {
  size_t regions = 0, runs = 0, values = 0;
  for (HotRegion region : regions_) {
    if (region.peak <= bound_) continue;
    size_t count = 0;
    for (size_t i = 0; i < region.runs; ++i) {
      const CellRun run = runs_[region.first_run + i];
      runs_[runs + i] = run;
      count += run.count;
    }
    std::copy_n(values_.begin() + static_cast<ptrdiff_t>(region.first_value), count,
                values_.begin() + static_cast<ptrdiff_t>(values));
    region.first_run = static_cast<uint32_t>(runs);
    region.first_value = values;
    runs += region.runs;
    values += count;
    regions_[regions++] = region;
  }
  regions_.resize(regions);
  runs_.resize(runs);
  values_.resize(values);
}

void HotCells::crop(HotScratch& scratch) {
  std::vector<HotRegion> regions;
  std::vector<CellRun> runs;
  std::vector<float> values;
  regions.swap(regions_);
  runs.swap(runs_);
  values.swap(values_);
  hot_ = 0;
  // The neighbours of a cell that is still hot were neighbours before, so all that collect() reads is there.
  scratch.map.assign(static_cast<size_t>(width_) * static_cast<size_t>(height_), kNothing);
  const auto paint = [&](const HotRegion& region, bool erase) {
    const float* value = values.data() + region.first_value;
    for (size_t i = 0; i < region.runs; ++i) {
      const CellRun run = runs[region.first_run + i];
      float* cell = &scratch.map[static_cast<size_t>(run.y) * static_cast<size_t>(width_) + run.x];
      if (erase) {
        std::fill_n(cell, run.count, kNothing);
      } else {
        std::copy_n(value, run.count, cell);
      }
      value += run.count;
    }
  };
  for (const HotRegion& region : regions) {
    paint(region, false);
    collect(region.image, scratch.map.data(), region.peak, scratch);
    paint(region, true);
  }
}

float HotCells::largest(int64_t rank) const {
  std::vector<float> hot;
  hot.reserve(static_cast<size_t>(hot_));
  for (const float value : values_) {
    if (value > bound_) hot.push_back(value);
  }
  // At least `keep` values are >= the bound, so what is not above it is equal to it.
  if (rank > static_cast<int64_t>(hot.size())) return bound_;
  const auto nth = hot.begin() + (rank - 1);
  std::nth_element(hot.begin(), nth, hot.end(), std::greater<>());
  return *nth;
}

bool HotCells::consistent() const {
  size_t runs = 0, values = 0;
  for (const HotRegion& region : regions_) {
    if (region.first_run != runs || region.first_value != values || region.runs > runs_.size() - runs) return false;
    for (const size_t end = runs + region.runs; runs < end; ++runs) {
      const CellRun& run = runs_[runs];
      if (run.count == 0 || run.y >= height_ || run.x + run.count > width_) return false;
      values += run.count;
    }
    if (values > values_.size()) return false;
  }
  const auto hot = std::count_if(values_.begin(), values_.end(), [this](float value) { return value > bound_; });
  return runs == runs_.size() && values == values_.size() && hot == hot_;
}

}  // namespace microtome
