// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/labelled_classes.h"

#include <algorithm>

namespace microtome {

std::vector<int64_t> classes_of_labels(const ConceptIndex& index, const std::vector<std::string>& classes) {
  std::vector<int64_t> found(static_cast<size_t>(index.max_label()) + 1, -1);
  for (int label = 1; label <= index.max_label(); ++label) {
    found[static_cast<size_t>(label)] = class_named(index.display_name(label), classes).value_or(-1);
  }
  return found;
}

std::optional<int64_t> class_of_image(const ImageLabels& labels, const std::vector<int64_t>& classes_of_labels) {
  for (const int label : labels.whole_image) {
    const auto place = static_cast<size_t>(label);
    if (place < classes_of_labels.size() && classes_of_labels[place] >= 0) return classes_of_labels[place];
  }
  return std::nullopt;
}

bool shows_label(const ImageLabels& labels, int label) {
  const auto wanted = static_cast<uint16_t>(label);
  if (std::ranges::find(labels.whole_image, label) != labels.whole_image.end()) return true;
  return std::ranges::any_of(labels.planes, [&](const LabelMap& plane) {
    return std::ranges::find(plane.labels, wanted) != plane.labels.end();
  });
}

}  // namespace microtome
