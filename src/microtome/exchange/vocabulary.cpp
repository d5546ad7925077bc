// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/vocabulary.h"

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"
#include "microtome/dissect/detectors.h"

namespace microtome {

namespace {

template <class T>
const T& at(const std::vector<T>& list, int number, const char* what) {
  if (number >= 0 && number < std::ssize(list)) return list[static_cast<size_t>(number)];
  throw Error(ErrorKind::kCorrupt, "the atlas",
              "is damaged: it names " + std::string(what) + " " + std::to_string(number) + " and does not hold it");
}

}  // namespace

Vocabulary::Vocabulary(const Atlas& atlas) : concepts_(atlas.concepts().value_or(AtlasConcepts{})) {}

const std::string& Vocabulary::category(int category) const { return at(concepts_.categories, category, "category"); }
const std::string& Vocabulary::name(int label) const { return at(concepts_.concepts, label, "concept").name; }
const std::string& Vocabulary::display_name(int label) const { return at(concepts_.display_names, label, "concept"); }

DetectorCount count_of_sign(const std::vector<UnitDissection>& units, Sign sign, const Vocabulary& vocabulary) {
  std::vector<UnitDissection> chosen;
  for (const UnitDissection& unit : units) {
    if (unit.sign != sign) continue;
    UnitDissection& copy = chosen.emplace_back();
    copy.best = unit.best;
    copy.by_category = unit.by_category;
    if (unit.best.label != 0) vocabulary.category(unit.best.category);
    if (unit.by_category.size() > vocabulary.categories().size()) {
      vocabulary.category(static_cast<int>(unit.by_category.size()) - 1);
    }
  }
  return count_detectors(chosen, static_cast<int>(vocabulary.categories().size()));
}

std::vector<AtlasLayer> chosen_layers(const Atlas& atlas, const std::string& layer) {
  std::vector<AtlasLayer> layers = atlas.studied_layers();
  if (layer.empty()) return layers;
  std::vector<std::string> known;
  for (AtlasLayer& candidate : layers) {
    if (candidate.name == layer || std::ranges::find(candidate.aliases, layer) != candidate.aliases.end()) {
      return {std::move(candidate)};
    }
    known.push_back(candidate.name);
    known.insert(known.end(), candidate.aliases.begin(), candidate.aliases.end());
  }
  const std::string nearest = nearest_name(layer, known);
  throw Error(ErrorKind::kNotFound, "layer \"" + layer + "\"", "the atlas holds no results for it",
              nearest.empty() ? "it holds none at all" : "nearest: \"" + nearest + "\"");
}

}  // namespace microtome
