// SPDX-License-Identifier: Apache-2.0
// Does a score notice wrong labels? The missing- and extra-label tests of Oikarinen, Yan and Weng, "Evaluating Neuron
// Explanations: A Unified Framework with Sanity Checks", ICML 2025, on a unit and its own label.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/dissect/findings.h"
#include "microtome/dissect/label_scores.h"
#include "microtome/dissect/label_store.h"
#include "microtome/dissect/overlap.h"

namespace microtome {

inline constexpr std::array<std::string_view, 13> kTriedScores = {
    "iou", "iou_all",           "f1",      "cosine",         "correlation", "iqr", "share", "coverage", "accuracy",
    "auc", "average_precision", "pearson", "mean_difference"};

// What the scores of a pair need to know.
struct PairCounts {
  int64_t intersection = 0, activation = 0, on = 0, truth = 0, pixels = 0;
  std::vector<int> carriers;  // places, rising
};
// In the order of kTriedScores; docs/numerics.md has the formulas. `peaks`: of the images, by place.
std::array<double, kTriedScores.size()> tried_scores(const PairCounts& pair, const RankedImages& ranked,
                                                     std::span<const float> peaks);

// Wrong labels are drawn so often for each pair, and its scores averaged: half of a few images is often not half of the
// label.
inline constexpr int kLabelDraws = 10;

// One unit and its label under the labels as they are, with half of the label's images missing it, and with as many
// images again that carry it. Images draw a number of their own: the half of the carriers with the smallest (rounded
// down) lose the label; as many others as there are carriers, those with the smallest, get it, the k-th where the k-th
// carrier has it. So every score is asked about the same labels.
class WrongLabels {
 public:
  // `unit`: scored; `draw` below kLabelDraws. Borrows labels and convention.
  WrongLabels(uint64_t seed, const std::string& purpose, int draw, const UnitDissection& unit, const LabelStore& labels,
              const Convention& convention);

  // Fewer than two carriers, or no more others than carriers: there is nothing to draw from.
  bool empty() const { return donor_.empty(); }
  // Whose label an image gets, as places; -1: it gets none.
  int donor(int place) const { return donor_[static_cast<size_t>(place)]; }
  bool loses(int place) const { return lost_[static_cast<size_t>(place)] != 0; }
  // An image's mask: what it shares with the image's labels, its pixels, and its pixels under the donor's label.
  void add(int place, LabelOverlap labels, int64_t on, int64_t given);
  std::vector<ScoreTrial> trials(const RankedImages& ranked, std::span<const float> peaks) const;

 private:
  bool joins(const LabelledImage& image, LabelOverlap labels, bool carries, int64_t under) const;

  const LabelStore& labels_;
  const Convention& convention_;
  int label_, category_;
  std::vector<uint8_t> lost_;  // by place
  std::vector<int> donor_;
  PairCounts before_, missing_, extra_;
};

}  // namespace microtome
