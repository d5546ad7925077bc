// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/concept_set.h"

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/plain_text.h"

namespace microtome {
namespace {

std::string shown(std::string name) {
  if (name.size() > 2 && (name.ends_with("-s") || name.ends_with("-c"))) name.resize(name.size() - 2);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace

ConceptIndex::ConceptIndex(std::vector<std::string> categories, std::vector<Concept> concepts)
    : categories_(std::move(categories)), concepts_(std::move(concepts)) {
  if (concepts_.empty()) concepts_.emplace_back();
  for (std::string& name : categories_) name = as_utf8(std::move(name));
  for (Concept& item : concepts_) {
    item.name = as_utf8(std::move(item.name));
    for (std::string& name : item.synonyms) name = as_utf8(std::move(name));
  }
  for (size_t label = 0; label < concepts_.size(); ++label) {
    const Concept& item = concepts_[label];
    const bool placed = item.number == static_cast<int>(label) && item.category < category_count();
    if (!placed && !item.name.empty()) throw Error(ErrorKind::kInternal, item.name, "misplaced in the concept index");
  }
}

std::string ConceptIndex::display_name(int label) const { return shown(concept_of(label).name); }

std::optional<int> ConceptIndex::find(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  for (int label = 1; label <= max_label(); ++label) {
    if (concept_of(label).name == name) return label;
  }
  for (int label = 1; label <= max_label(); ++label) {
    if (display_name(label) == name) return label;
  }
  return std::nullopt;
}

}  // namespace microtome
