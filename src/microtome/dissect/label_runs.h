// SPDX-License-Identifier: Apache-2.0
// An image's labels as runs, small enough to keep for a whole set, and quick to count under a mask.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {

// Counts by label number that remember which are not zero.
class LabelCounts {
 public:
  explicit LabelCounts(size_t labels) : counts_(labels) {}
  void add(int label, int64_t count) {
    int64_t& slot = counts_[static_cast<size_t>(label)];
    if (slot == 0) touched_.push_back(label);
    slot += count;
  }
  int64_t operator[](int label) const { return counts_[static_cast<size_t>(label)]; }
  const std::vector<int>& touched() const { return touched_; }  // each once, in order of arrival
  void clear() {
    for (const int label : touched_) counts_[static_cast<size_t>(label)] = 0;
    touched_.clear();
  }

 private:
  std::vector<int64_t> counts_;
  std::vector<int> touched_;
};

// Immutable. Label 0 means "no label" and is never counted.
class LabelRuns {
 public:
  // `once`: a label that stands in several planes of a pixel stays only in the first; one that holds for the whole
  // image is taken out of the planes and out of its repetitions. Throws Error(kCorrupt) naming `where` when a plane is
  // not of the grid's size or a label exceeds max_label.
  LabelRuns(ImageLabels labels, int max_label, bool once, const std::string& where);

  int width() const { return width_; }
  int height() const { return height_; }
  int64_t pixels() const { return int64_t{width_} * height_; }
  const std::vector<int>& whole_image() const { return whole_image_; }
  // Adds the (pixel, plane) pairs of each label under the spans; a whole-image label counts every pixel under them.
  void count(std::span<const MaskSpan> spans, LabelCounts& counts) const;
  // The same for the whole grid.
  void count_all(LabelCounts& counts) const;
  // Calls visit(y, begin, end, labels) for stretches of equal labels in all planes, row by row, left to right; `labels`
  // has one label a plane, 0 included.
  template <class F>
  void for_each_stretch(F&& visit) const;
  size_t bytes() const;

 private:
  struct Run {
    uint16_t end = 0, label = 0;  // up to, not including, column `end`
  };
  struct Plane {
    std::vector<uint32_t> rows;  // [height + 1]: the first run of each
    std::vector<Run> runs;
  };
  static Plane encode(const LabelMap& map, int width, int height);

  int width_, height_;
  std::vector<Plane> planes_;
  std::vector<int> whole_image_;
};

template <class F>
void LabelRuns::for_each_stretch(F&& visit) const {
  std::vector<uint32_t> at(planes_.size());
  std::vector<int> labels(planes_.size());
  for (int y = 0; y < height_; ++y) {
    for (size_t p = 0; p < planes_.size(); ++p) at[p] = planes_[p].rows[static_cast<size_t>(y)];
    for (int x = 0; x < width_;) {
      int end = width_;
      for (size_t p = 0; p < planes_.size(); ++p) {
        const Run& run = planes_[p].runs[at[p]];
        labels[p] = run.label;
        end = run.end < end ? run.end : end;
      }
      visit(y, x, end, labels);
      for (size_t p = 0; p < planes_.size(); ++p) at[p] += planes_[p].runs[at[p]].end == end;
      x = end;
    }
  }
}

}  // namespace microtome
