// SPDX-License-Identifier: Apache-2.0
// What a request would make, keep and replace, and how long it would take, before it is carried out.
#pragma once
#include "microtome/atlas/atlas.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/study/dissect_arguments.h"
#include "microtome/study/picture_plan.h"

namespace microtome {

// Of pictures, from a few measured steps in each layer:
//   {"size", "steps", "threads", "pictures", "done", "kept", "replaced", "seconds", "bytes",
//    "layers": [{"layer", "pictures", "done", "seconds_each", "seconds"}]}
// `done`: in the atlas already (nullptr: there is none yet); seconds and bytes are of the others, with ascents that do
// not end early. `kept`: pictures at the same places with other settings, or `replaced` where the request says so.
// "layer" is "" for visualizations of no single unit.
Json estimate(const Source& source, const PicturePlan& plan, const PictureRequest& request, const Atlas* atlas);

// Of a dissection:
//   {"units", "done", "images", "passes", "threads", "seconds", "memory", "kept", "replaced",
//    "layers": [{"layer", "units", "done"}]}
// `seconds`: the network's passes over the images, from a few of them; labels, shuffles and formulas come on top.
// `memory`: bytes at most. `kept` and `replaced` count dissections of these layers with other settings.
Json estimate_dissection(const Source& source, const std::vector<LayerTask>& tasks, const ConceptSet& concepts,
                         const DissectRequest& request, const Atlas* atlas);

}  // namespace microtome
