// SPDX-License-Identifier: Apache-2.0
// What all sides of all layers share while they are labelled.
#pragma once
#include <optional>
#include <vector>

#include "microtome/dissect/concept_scores.h"
#include "microtome/dissect/formulas.h"
#include "microtome/dissect/label_store.h"
#include "microtome/dissect/significance.h"
#include "microtome/dissect/tally_settings.h"

namespace microtome {

struct TallyContext {
  const LabelStore& labels;
  const TallySettings& settings;
  std::vector<int> givers;  // givers_of() the permutations
  std::optional<Resampling> resampling;
  std::optional<Signatures> signatures;  // when formulas are asked for
};

// The labels that may explain a unit.
inline Candidates candidates_of(const LabelStore& labels, const TallySettings& settings) {
  return {settings.convention, &labels.index(), &labels.totals().images,
          settings.min_images > 0 ? settings.min_images : settings.convention->min_images};
}

}  // namespace microtome
