// SPDX-License-Identifier: Apache-2.0
// What a picture is worth beside the real images of its unit. docs/numerics.md has the formulas.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/base/unit.h"
#include "microtome/study/source.h"
#include "microtome/study/units.h"
#include "microtome/visualize/render.h"

namespace microtome {

// Thread-safe; what it knows of real images is read from the atlas when first needed, and kept.
class PictureJudge {
 public:
  // `other`: a second network, that the pictures are shown to.
  PictureJudge(const Source& source, const Atlas& atlas, const std::vector<LayerTask>& tasks,
               const std::optional<Source>& other);
  ~PictureJudge();

  // Facts by name; what cannot be said is left out:
  //   rank                  of the target among the units of its layer by their maxima; 1 = the largest
  //   selectivity           the same by maxima over each unit's best real image
  //   spectrum_slope        of the picture's brightness
  //   path_similarity       to the unit's top images, mean over layers; path_layers: by layer
  //   exemplar_path         the same of these images among themselves: what to compare it with
  //   transfer              in the second network: share of pairs in which an image of the unit resembles the picture
  //                         more than one of other units does
  Json facts(const Picture& picture, const UnitRef& unit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
