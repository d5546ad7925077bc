// SPDX-License-Identifier: Apache-2.0
// From surveys and a concept set to labelled units: the second half of a dissection, without the network.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/base/params.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/result.h"
#include "microtome/dissect/survey.h"

namespace microtome {

struct TallySettings {
  int min_images = 10;  // a concept is a candidate when at least so many images carry it
  int concepts = 5;     // length of UnitDissection::top_concepts
  bool strict = false;  // an image whose labels cannot be read ends the work

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "min-images", .help = "Images that must carry a concept for it to be considered", .min = 1},
          s.min_images);
    field({.name = "concepts", .help = "Best concepts kept for each unit", .min = 0, .max = 1000}, s.concepts);
    field({.name = "strict", .help = "Stop at the first image whose labels cannot be read"}, s.strict);
  }
};

// Dissects the layers of one pass (all surveys saw the same images). Each image's labels are read once, whatever the
// number of layers and units. For each row the mask M on the image's own label grid is the upsampled map (upsampling.h)
// strictly above the threshold (survey.h); then, over all images that took part,
//   G[l]   (pixel, plane) pairs with label l; a whole-image label counts every pixel of the grid;
//   I[u,l] the same under M; a label that stands in two planes of a pixel counts twice, in G and in I;
//   A[u,c] pixels of M in images that carry any label whose primary category is c;
//   IoU[u,l] = I / (A[u, primary category of l] + G[l] - I).
// Label 0 is no label. The best concept is the candidate with the largest IoU > 0, the lowest label on ties.
//
// Labels are read on `threads` threads; the result does not depend on their number. An image whose labels cannot be
// read is named in a warning and left out of every count (its activations stay in threshold, histogram and exemplars);
// with `strict` its Error is thrown. Throws Error(kUsage) when the surveys saw different images, Error(kCancelled) when
// a stop was asked for.
std::vector<LayerDissection> finish(std::span<const Survey> surveys, const ConceptSet& concepts,
                                    const TallySettings& settings, int threads, Reporter& reporter);

}  // namespace microtome
