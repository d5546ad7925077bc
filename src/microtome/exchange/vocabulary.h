// SPDX-License-Identifier: Apache-2.0
// The names behind the numbers of an atlas, and its layers as users ask for them.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/dissect/detectors.h"

namespace microtome {

// Throws Error(kCorrupt) on a number that the atlas does not explain, so that a damaged file cannot lead out of bounds.
class Vocabulary {
 public:
  explicit Vocabulary(const Atlas& atlas);

  const std::vector<std::string>& categories() const { return concepts_.categories; }
  const std::string& category(int category) const;
  const std::string& name(int label) const;          // As in the concept set.
  const std::string& display_name(int label) const;  // For people.

 private:
  AtlasConcepts concepts_;
};

// Detectors among the units of one sign. Throws Error(kCorrupt) as Vocabulary does.
DetectorCount count_of_sign(const std::vector<UnitDissection>& units, Sign sign, const Vocabulary& vocabulary);

// The studied layers, or the one of this name or alias. Throws Error(kNotFound) with the nearest studied name.
std::vector<AtlasLayer> chosen_layers(const Atlas& atlas, const std::string& layer);

}  // namespace microtome
