// SPDX-License-Identifier: Apache-2.0
// The labels of a set in dense numbers.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "microtome/concepts/concept_set.h"

namespace microtome::concept_formats {

// Gives dense label numbers to (category, class): categories by name, classes in the order of `Key`. A set without
// class numbers uses names as keys.
template <class Key>
class LabelNumbers {
 public:
  // Idempotent; the first name of a key stays.
  void add(const std::string& category, const Key& key, const std::string& name,
           const std::vector<std::string>& synonyms = {}) {
    if (names_[category].emplace(key, name).second && !synonyms.empty()) synonyms_[category][key] = synonyms;
  }
  // After the last add(): the index. Throws Error(kUnsupported) beyond 65535 labels, which masks cannot hold.
  ConceptIndex index(const std::string& where);
  // 0 when unknown.
  uint16_t label(const std::string& category, const Key& key) const {
    const auto in = labels_.find(category);
    if (in == labels_.end()) return 0;
    const auto found = in->second.find(key);
    return found == in->second.end() ? uint16_t{0} : found->second;
  }
  const std::map<std::string, std::map<Key, std::string>>& names() const { return names_; }

 private:
  std::map<std::string, std::map<Key, std::string>> names_;
  std::map<std::string, std::map<Key, std::vector<std::string>>> synonyms_;
  std::map<std::string, std::map<Key, uint16_t>> labels_;
};

// Throws Error(kUnsupported) beyond 65535 labels.
void check_label_count(size_t count, const std::string& where);

template <class Key>
ConceptIndex LabelNumbers<Key>::index(const std::string& where) {
  std::vector<std::string> categories;
  std::vector<Concept> concepts(1);
  for (const auto& [category, classes] : names_) {
    const int column = static_cast<int>(categories.size());
    categories.push_back(category);
    check_label_count(concepts.size() + classes.size() - 1, where);
    for (const auto& [key, name] : classes) {
      labels_[category][key] = static_cast<uint16_t>(concepts.size());
      concepts.push_back({static_cast<int>(concepts.size()), name, column, {column}, synonyms_[category][key]});
    }
  }
  return ConceptIndex(categories, concepts);
}

}  // namespace microtome::concept_formats
