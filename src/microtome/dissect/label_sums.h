// SPDX-License-Identifier: Apache-2.0
// One image's labels made ready for very many masks: what a span holds of each label is the difference of two sums,
// whatever lies under it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/dissect/label_runs.h"

namespace microtome {

// For each pixel, how often each label stands to the left of it in its row, modulo 256; sixteen labels side by side.
// A label that stands in several planes has a lane in each. Making the sums costs a few cycles a pixel and sixteen
// lanes, a mask then two loads a span.
class LabelSums {
 public:
  // A part of a span of at most 255 pixels, as places among the sums.
  struct Piece {
    uint32_t begin = 0, end = 0;
  };
  // `wanted`: which labels have lanes. Label 0 has none.
  explicit LabelSums(std::vector<bool> wanted);

  // Replaces the image.
  void set(const LabelRuns& labels);
  // Of each lane; whole-image labels have none.
  const std::vector<int>& labels() const { return labels_; }
  // Sets counts[lane] to the pixels under the pieces; `counts` has room for room() lanes.
  void count(std::span<const Piece> pieces, uint32_t* counts) const;
  size_t room() const { return (labels_.size() + kWide - 1) / kWide * kWide; }

  // Appends the pieces of a mask on a grid of this width.
  static void cut(std::span<const MaskSpan> spans, int width, std::vector<Piece>& out);

 private:
  static constexpr size_t kWide = 16;
  typedef uint8_t Bytes __attribute__((vector_size(kWide)));
  // Of a column in rows that follow each other: spans that lie over each other find their sums together.
  static constexpr size_t kRows = 4;
  struct alignas(64) Line {
    Bytes rows[kRows];
  };
  void fill(const LabelRuns& labels, size_t first_lane);
  // Of a label that was not met in this plane before; kNone when it has no lane.
  uint32_t new_lane(size_t plane, int label);
  static void add_pieces(const Bytes* sums, const Piece* pieces, size_t count, uint32_t* counts);

  static constexpr uint32_t kNone = 0xFFFFFFFF, kUnseen = 0xFFFFFFFE;
  std::vector<bool> wanted_;
  std::vector<int> labels_;
  std::vector<size_t> slots_;    // of each lane among lanes_
  std::vector<uint32_t> lanes_;  // [plane][label]
  std::vector<Line> lines_;      // [lane / 16][row / 4][width + 1]
  size_t stride_ = 0;            // of sixteen lanes among lines_
};

}  // namespace microtome
