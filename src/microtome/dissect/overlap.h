// SPDX-License-Identifier: Apache-2.0
// The whole numbers that one side (a unit with a sign) collects over images.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "microtome/dissect/convention.h"
#include "microtome/dissect/label_store.h"

namespace microtome {

// Of one side over some images.
struct Overlap {
  std::vector<int64_t> intersection;  // I, by label
  std::vector<int64_t> activation;    // A, by category
  int64_t on_pixels = 0, on_images = 0;

  explicit Overlap(const ConceptIndex& index)
      : intersection(static_cast<size_t>(index.max_label()) + 1),
        activation(static_cast<size_t>(index.category_count())) {}
  void clear();
};

// What a side's mask shares with one image.
using LabelOverlap = std::span<const std::pair<int, int64_t>>;  // (label, pairs under the mask)

// Whether the mask's pixels on this image join the union of a category.
bool joins_union(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int category);

// Whether number 0 covers every pixel of the image.
bool zero_counts(const Convention& convention, const LabelledImage& image);

void add_overlap(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int64_t on, Overlap& total);

}  // namespace microtome
