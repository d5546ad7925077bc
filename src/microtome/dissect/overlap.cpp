// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/overlap.h"

#include <algorithm>
#include <cstddef>

namespace microtome {

void Overlap::clear() {
  std::fill(intersection.begin(), intersection.end(), 0);
  std::fill(activation.begin(), activation.end(), 0);
  on_pixels = on_images = 0;
}

bool joins_union(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int category) {
  if (convention.union_rule == UnionRule::kEverything) return true;
  const bool last = category == index.category_count() - 1;
  if (convention.zero == ZeroRule::kLastUnion && image.says_zero && last) return true;
  if (convention.union_rule == UnionRule::kCategory) {
    return category >= 0 && image.categories[static_cast<size_t>(category)] != 0;
  }
  return std::any_of(labels.begin(), labels.end(),
                     [&](const auto& item) { return index.concept_of(item.first).category == category; });
}

bool zero_counts(const Convention& convention, const LabelledImage& image) {
  return convention.zero == ZeroRule::kEverything || (convention.zero == ZeroRule::kNameless && image.says_zero);
}

void add_overlap(const Convention& convention, const ConceptIndex& index, const LabelledImage& image,
                 LabelOverlap labels, int64_t on, Overlap& total) {
  total.on_pixels += on;
  ++total.on_images;
  for (const auto& [label, count] : labels) total.intersection[static_cast<size_t>(label)] += count;
  if (zero_counts(convention, image)) total.intersection[0] += on;
  for (int category = 0; category < index.category_count(); ++category) {
    if (!joins_union(convention, index, image, labels, category)) continue;
    total.activation[static_cast<size_t>(category)] += on;
  }
}

}  // namespace microtome
