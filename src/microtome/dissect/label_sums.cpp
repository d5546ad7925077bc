// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/label_sums.h"

#include <algorithm>
#include <cstring>

#include "microtome/base/platform.h"

namespace microtome {

LabelSums::LabelSums(std::vector<bool> wanted) : wanted_(std::move(wanted)) { wanted_.at(0) = false; }

void LabelSums::set(const LabelRuns& labels) {
  for (const size_t slot : slots_) lanes_[slot] = kUnseen;
  slots_.clear();
  labels_.clear();
  stride_ = (static_cast<size_t>(labels.width()) + 1) * ((static_cast<size_t>(labels.height()) + kRows - 1) / kRows);
  // The first filling finds all lanes.
  size_t filled = 0;
  do {
    if (lines_.size() < filled / kWide * stride_ + stride_) lines_.resize(filled / kWide * stride_ + stride_);
    fill(labels, filled);
    filled += kWide;
  } while (filled < labels_.size());
}

uint32_t LabelSums::new_lane(size_t plane, int label) {
  const size_t slot = plane * wanted_.size() + static_cast<size_t>(label);
  if (slot >= lanes_.size()) {
    const size_t known = lanes_.size();
    lanes_.resize((plane + 1) * wanted_.size());
    for (size_t i = known; i < lanes_.size(); ++i) lanes_[i] = wanted_[i % wanted_.size()] ? kUnseen : kNone;
  }
  if (lanes_[slot] == kNone) return kNone;
  lanes_[slot] = static_cast<uint32_t>(labels_.size());
  labels_.push_back(label);
  slots_.push_back(slot);
  return lanes_[slot];
}

void LabelSums::fill(const LabelRuns& labels, size_t first_lane) {
  Bytes units[kWide] = {};
  for (size_t lane = 0; lane < kWide; ++lane) units[lane][lane] = 1;
  Line* const lines = lines_.data() + first_lane / kWide * stride_;
  const size_t wide = static_cast<size_t>(labels.width()) + 1;
  Bytes* out = nullptr;
  Bytes running{};
  labels.for_each_stretch([&](int y, int begin, int end, const std::vector<int>& here) {
    if (begin == 0) {
      running = Bytes{};
      out = &lines[static_cast<size_t>(y) / kRows * wide].rows[static_cast<size_t>(y) % kRows];
      *out = running;
    }
    Bytes step{};
    for (size_t plane = 0; plane < here.size(); ++plane) {
      const size_t slot = plane * wanted_.size() + static_cast<size_t>(here[plane]);
      const bool seen = slot < lanes_.size() && lanes_[slot] != kUnseen;
      const size_t lane = size_t{seen ? lanes_[slot] : new_lane(plane, here[plane])} - first_lane;
      if (lane < kWide) step += units[lane];
    }
    Bytes sum = running;
    for (int x = begin; x < end; ++x) {
      sum += step;
      out += kRows;
      *out = sum;
    }
    running = sum;
  });
}

// At most 257 pieces, so that sixteen bits hold the sums.
MICROTOME_AVX2_CLONES void LabelSums::add_pieces(const Bytes* sums, const Piece* pieces, size_t count,
                                                 uint32_t* counts) {
  typedef uint16_t Words __attribute__((vector_size(2 * kWide)));
  Words total{};
  for (size_t i = 0; i < count; ++i) {
    const Bytes held = sums[pieces[i].end] - sums[pieces[i].begin];
    total += __builtin_convertvector(held, Words);
  }
  for (size_t lane = 0; lane < kWide; ++lane) counts[lane] += total[lane];
}

void LabelSums::count(std::span<const Piece> pieces, uint32_t* counts) const {
  constexpr size_t kMost = 257;
  std::fill_n(counts, room(), 0U);
  for (size_t first = 0; first < labels_.size(); first += kWide) {
    const Bytes* sums = lines_[first / kWide * stride_].rows;
    for (size_t i = 0; i < pieces.size(); i += kMost) {
      add_pieces(sums, pieces.data() + i, std::min(kMost, pieces.size() - i), counts + first);
    }
  }
}

void LabelSums::cut(std::span<const MaskSpan> spans, int width, std::vector<Piece>& out) {
  constexpr int kLongest = 255;
  for (const MaskSpan& span : spans) {
    const auto y = static_cast<uint32_t>(span.y), rows = static_cast<uint32_t>(kRows);
    const uint32_t row = y / rows * rows * (static_cast<uint32_t>(width) + 1) + y % rows;
    for (int begin = span.begin; begin < span.end; begin += kLongest) {
      const int end = std::min(begin + kLongest, span.end);
      out.push_back({row + rows * static_cast<uint32_t>(begin), row + rows * static_cast<uint32_t>(end)});
    }
  }
}

}  // namespace microtome
