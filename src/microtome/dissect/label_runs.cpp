// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/label_runs.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "microtome/base/error.h"

namespace microtome {

LabelRuns::LabelRuns(ImageLabels labels, int max_label, const std::string& where)
    : width_(labels.width), height_(labels.height) {
  const auto width = static_cast<size_t>(width_), height = static_cast<size_t>(height_);
  if (width > std::numeric_limits<uint16_t>::max()) {
    throw Error(ErrorKind::kCorrupt, where, "a label grid wider than 65535 pixels");
  }
  const auto check = [&](int label) {
    if (label < 0 || label > max_label) {
      throw Error(ErrorKind::kCorrupt, where, "label " + std::to_string(label) + " is not in the index");
    }
  };
  for (LabelMap& map : labels.planes) {
    if (map.labels.size() != width * height) {
      throw Error(ErrorKind::kCorrupt, where, "a label plane is not of the size of its grid");
    }
    Plane plane{std::move(map.labels), std::vector<uint16_t>(width * height)};
    for (size_t y = 0; y < height; ++y) {
      const uint16_t* row = &plane.labels[y * width];
      uint16_t* ends = &plane.ends[y * width];
      size_t end = width;
      for (size_t x = width; x-- > 0;) {
        if (x + 1 == width || row[x] != row[x + 1]) {
          check(row[x]);
          end = x + 1;
        }
        ends[x] = static_cast<uint16_t>(end);
      }
    }
    planes_.push_back(std::move(plane));
  }
  for (const int label : labels.whole_image) {
    check(label);
    if (label != 0) whole_image_.push_back(label);
  }
}

void LabelRuns::count(const std::vector<MaskSpan>& spans, LabelCounts& counts) const {
  for (const Plane& plane : planes_) {
    for (const MaskSpan& span : spans) {
      const size_t row = static_cast<size_t>(span.y) * static_cast<size_t>(width_);
      for (int x = span.begin; x < span.end;) {
        const int label = plane.labels[row + static_cast<size_t>(x)];
        const int end = std::min<int>(plane.ends[row + static_cast<size_t>(x)], span.end);
        if (label != 0) counts.add(label, end - x);
        x = end;
      }
    }
  }
  if (whole_image_.empty()) return;
  int64_t pixels = 0;
  for (const MaskSpan& span : spans) pixels += span.end - span.begin;
  for (const int label : whole_image_) {
    if (pixels > 0) counts.add(label, pixels);
  }
}

void LabelRuns::count_all(LabelCounts& counts) const {
  std::vector<MaskSpan> rows;
  for (int y = 0; y < height_; ++y) rows.push_back({y, 0, width_});
  count(rows, counts);
}

}  // namespace microtome
