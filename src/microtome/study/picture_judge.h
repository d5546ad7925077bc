// SPDX-License-Identifier: Apache-2.0
// What a picture is worth beside the real images of its unit. docs/numerics.md has the formulas.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/unit.h"
#include "microtome/image/image.h"
#include "microtome/study/source.h"

namespace microtome {

// What comparing a picture with real images says.
struct JudgedPicture {
  std::optional<double> best_exemplar;  // the most that a real image makes of the unit; absent: not dissected
  PictureComparison comparison;
};

// Thread-safe; images of the atlas are looked at when first needed, and kept.
class PictureJudge {
 public:
  // Of pictures of one dissected layer. `other`: a second network, that the pictures are shown to; may be null.
  PictureJudge(const Source& source, const Atlas& atlas, const std::string& layer, const Source* other);
  ~PictureJudge();

  // `maxima`: of each unit of the layer on the picture, by number. `shown_to_other`: whether to look with the second
  // network too.
  JudgedPicture compare(const Image& picture, std::span<const float> maxima, const SignedUnit& unit,
                        bool shown_to_other) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
