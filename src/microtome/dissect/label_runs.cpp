// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/label_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <set>

#include "microtome/base/error.h"

namespace microtome {
namespace {

void check_labels(const ImageLabels& labels, int max_label, const std::string& where) {
  if (labels.width < 1 || labels.height < 1) throw Error(ErrorKind::kCorrupt, where, "an empty label grid");
  if (labels.width > std::numeric_limits<uint16_t>::max()) {
    throw Error(ErrorKind::kCorrupt, where, "a label grid wider than 65535 pixels");
  }
  const auto check = [&](int label) {
    if (label < 0 || label > max_label) {
      throw Error(ErrorKind::kCorrupt, where, fmt::format("label {} is not in the index", label));
    }
  };
  for (const LabelMap& map : labels.planes) {
    if (map.labels.size() != static_cast<size_t>(labels.width) * static_cast<size_t>(labels.height)) {
      throw Error(ErrorKind::kCorrupt, where, "a label plane is not of the size of its grid");
    }
    if (!map.labels.empty()) check(*std::max_element(map.labels.begin(), map.labels.end()));
  }
  for (const int label : labels.whole_image) check(label);
}

void take_out_repetitions(ImageLabels& labels) {
  const std::set<int> whole(labels.whole_image.begin(), labels.whole_image.end());
  labels.whole_image.assign(whole.begin(), whole.end());
  for (size_t plane = 0; plane < labels.planes.size(); ++plane) {
    for (size_t pixel = 0; pixel < labels.planes[plane].labels.size(); ++pixel) {
      uint16_t& label = labels.planes[plane].labels[pixel];
      bool seen = whole.contains(label);
      for (size_t before = 0; before < plane; ++before) seen = seen || labels.planes[before].labels[pixel] == label;
      if (seen) label = 0;
    }
  }
}

}  // namespace

LabelRuns::LabelRuns(ImageLabels labels, int max_label, bool once, const std::string& where)
    : width_(labels.width), height_(labels.height) {
  check_labels(labels, max_label, where);
  if (once) take_out_repetitions(labels);
  for (const LabelMap& map : labels.planes) planes_.push_back(encode(map, width_, height_));
  for (const int label : labels.whole_image) {
    if (label != 0) whole_image_.push_back(label);
  }
}

LabelRuns::Plane LabelRuns::encode(const LabelMap& map, int width, int height) {
  Plane plane;
  plane.rows.reserve(static_cast<size_t>(height) + 1);
  for (int y = 0; y < height; ++y) {
    plane.rows.push_back(static_cast<uint32_t>(plane.runs.size()));
    const uint16_t* row = &map.labels[static_cast<size_t>(y) * static_cast<size_t>(width)];
    for (int x = 1; x <= width; ++x) {
      if (x == width || row[x] != row[x - 1]) plane.runs.push_back({static_cast<uint16_t>(x), row[x - 1]});
    }
  }
  plane.rows.push_back(static_cast<uint32_t>(plane.runs.size()));
  plane.runs.shrink_to_fit();
  return plane;
}

void LabelRuns::count(std::span<const MaskSpan> spans, LabelCounts& counts) const {
  constexpr ptrdiff_t kFew = 16;
  for (const Plane& plane : planes_) {
    for (const MaskSpan& span : spans) {
      const Run* run = plane.runs.data() + plane.rows[static_cast<size_t>(span.y)];
      const Run* row_end = plane.runs.data() + plane.rows[static_cast<size_t>(span.y) + 1];
      if (row_end - run > kFew) {
        run = std::upper_bound(run, row_end, span.begin, [](int x, const Run& r) { return x < r.end; });
      } else {
        while (run->end <= span.begin) ++run;
      }
      for (int x = span.begin; x < span.end; ++run) {
        const int end = std::min<int>(run->end, span.end);
        if (run->label != 0) counts.add(run->label, end - x);
        x = end;
      }
    }
  }
  if (whole_image_.empty()) return;
  int64_t on = 0;
  for (const MaskSpan& span : spans) on += span.end - span.begin;
  for (const int label : whole_image_) {
    if (on > 0) counts.add(label, on);
  }
}

void LabelRuns::count_all(LabelCounts& counts) const {
  std::vector<MaskSpan> rows;
  for (int y = 0; y < height_; ++y) rows.push_back({y, 0, width_});
  count(rows, counts);
}

size_t LabelRuns::bytes() const {
  size_t bytes = sizeof *this + whole_image_.capacity() * sizeof(int);
  for (const Plane& plane : planes_) {
    bytes += sizeof plane + plane.rows.capacity() * sizeof(uint32_t) + plane.runs.capacity() * sizeof(Run);
  }
  return bytes;
}

}  // namespace microtome
