// SPDX-License-Identifier: Apache-2.0
// An image's labels, prepared so that the labels under a mask are counted run by run and not pixel by pixel.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {

// Counts by label number that remember which are not zero.
class LabelCounts {
 public:
  explicit LabelCounts(int max_label) : counts_(static_cast<size_t>(max_label) + 1) {}
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
  // Throws Error(kCorrupt) naming `where` when a plane is not of the grid's size or a label exceeds max_label.
  LabelRuns(ImageLabels labels, int max_label, const std::string& where);

  int width() const { return width_; }
  int height() const { return height_; }
  // Adds the (pixel, plane) pairs of each label under the spans; a whole-image label counts every pixel under them.
  void count(const std::vector<MaskSpan>& spans, LabelCounts& counts) const;
  // The same for the whole grid.
  void count_all(LabelCounts& counts) const;

 private:
  struct Plane {
    std::vector<uint16_t> labels;
    std::vector<uint16_t> ends;  // of each pixel's run: the first x to the right with another label
  };
  int width_, height_;
  std::vector<Plane> planes_;
  std::vector<int> whole_image_;
};

}  // namespace microtome
