// SPDX-License-Identifier: Apache-2.0
// For tests and benches: the surveys of one pass labelled in one go.
#pragma once
#include <span>
#include <vector>

#include "microtome/dissect/tally.h"

namespace microtome {

struct Dissection {
  std::vector<LayerDissection> layers;
  std::vector<LabelStore::Unreadable> unreadable;  // images whose labels could not be read
};
// The surveys must have seen the same images.
inline Dissection finish(std::span<const Survey> surveys, const ConceptSet& concepts, const TallySettings& settings,
                         int threads, Reporter& reporter) {
  if (surveys.empty()) return {};
  Tally tally(concepts, surveys.front().images(), settings, threads, reporter);
  for (const Survey& survey : surveys) tally.add(survey);
  Dissection out{tally.finish(), tally.unreadable()};
  return out;
}

}  // namespace microtome
