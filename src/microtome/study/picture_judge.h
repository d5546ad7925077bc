// SPDX-License-Identifier: Apache-2.0
// What a picture is worth beside the real images of its unit. docs/numerics.md has the formulas.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/base/unit.h"
#include "microtome/image/image.h"
#include "microtome/study/source.h"

namespace microtome {

// What comparing a picture with real images says; what cannot be said is left out.
struct PictureComparison {
  std::optional<double> best_exemplar;  // the most that a real image makes of the unit
  // By name:
  //   selectivity           rank of the target among the units of its layer by their maxima over each one's best image
  //   path_similarity       to the unit's top images, mean over layers; path_layers: by layer
  //   exemplar_path         the same of these images among themselves: what to compare it with
  //   transfer              in the second network: share of pairs in which an image of the unit resembles the picture
  //                         more than one of other units does
  Json facts;
};

// Thread-safe; images of the atlas are looked at when first needed, and kept.
class PictureJudge {
 public:
  // Of pictures of one dissected layer. `other`: a second network, that the pictures are shown to; may be null.
  PictureJudge(const Source& source, const Atlas& atlas, const std::string& layer, const Source* other);
  ~PictureJudge();

  // `maxima`: of each unit of the layer on the picture, by number. `shown_to_other`: whether to look with the second
  // network too.
  PictureComparison compare(const Image& picture, std::span<const float> maxima, const SignedUnit& unit,
                            bool shown_to_other) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
