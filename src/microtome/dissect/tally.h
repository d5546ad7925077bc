// SPDX-License-Identifier: Apache-2.0
// From surveys and a concept set to labelled units: the second half of a dissection, without the network.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/findings.h"
#include "microtome/dissect/label_store.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally_settings.h"

namespace microtome {

class RangeTally;

// Dissects the layers of a pass over the images, whole or a block of units after the other. Each image's labels are
// read once, whatever the number of layers and units. For each side (a unit with a sign) the mask M on the image's own
// label grid is the upsampled map (upsampling.h) strictly above the threshold (survey.h). A side saturates when its
// threshold is its largest level, not its only one and not zero; nothing is above it, and under the default convention
// its mask is S >= T: the pixels that lie between cells at T alone. Then, over all images that took part,
//   G[l]   (pixel, plane) pairs with label l; a whole-image label counts every pixel of the grid;
//   I[u,l] the same under M; a label that stands in two planes of a pixel counts twice, in G and in I;
//   A[u,c] pixels of M in images that carry any label whose primary category is c;
//   IoU[u,l] = I / (A[u, primary category of l] + G[l] - I).
// Label 0 is no label. The best concept is the candidate with the largest IoU > 0, the lowest label on ties. Other
// conventions differ as convention.h says.
//
// The result does not depend on `threads`. An image whose labels cannot be read is named in a warning and left out of
// every count (its activations stay in threshold, histogram and exemplars); with `strict` its Error is thrown.
class Tally {
 public:
  // `images`: those that every survey saw, in any order. Reads all labels. Throws Error(kUsage) on images that are not
  // in the set or stand twice, Error(kCancelled) when a stop was asked for.
  Tally(const ConceptSet& concepts, std::vector<int64_t> images, const TallySettings& settings, int threads,
        Reporter& reporter);
  Tally(Tally&&) noexcept;
  ~Tally();

  // Labels a survey's units; unit i of the survey is number units[i] of its layer (empty: i itself). Several surveys of
  // one layer must hold different units. Throws Error(kUsage) when the survey saw other images, or kept less than the
  // tails ask for. `ranges`: of the same survey, complete (ranges.h).
  void add(const Survey& survey, std::span<const int64_t> units = {}, const RangeTally* ranges = nullptr);
  // All layers, in the order in which they first came; units by number, then sign. Significance is decided here, over
  // all units of a layer and sign.
  std::vector<LayerDissection> finish();

  const LabelStore& labels() const;
  const std::vector<LabelStore::Unreadable>& unreadable() const;
  size_t bytes() const;  // that the labels take

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Bytes that a set's labels are expected to take in memory, from a few images of it.
int64_t label_bytes(const ConceptSet& concepts);

}  // namespace microtome
