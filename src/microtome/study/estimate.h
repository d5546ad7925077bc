// SPDX-License-Identifier: Apache-2.0
// How long a plan of pictures takes, before it is carried out.
#pragma once
#include "microtome/atlas/atlas.h"
#include "microtome/study/picture_plan.h"

namespace microtome {

// What a dry run says, from a few measured steps in each layer:
//   {"size", "steps", "threads", "pictures", "done", "seconds", "bytes",
//    "layers": [{"layer", "pictures", "done", "seconds_each", "seconds"}]}
// `done`: in the atlas already (nullptr: there is none yet); seconds and bytes are of the others, with ascents that do
// not end early. "layer" is "" for visualizations of no single unit.
Json estimate(const Source& source, const PicturePlan& plan, const PictureRequest& request, const Atlas* atlas);

}  // namespace microtome
