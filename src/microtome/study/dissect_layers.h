// SPDX-License-Identifier: Apache-2.0
// The stage of the main job that labels units. It takes up where an earlier run with the same provenance stopped.
#pragma once
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/study/dissect_arguments.h"
#include "microtome/study/source.h"
#include "microtome/study/survey_checkpoint.h"
#include "microtome/study/units.h"

namespace microtome {

// What a dissection's numbers follow from: all settings, but not which units of which layers are asked for.
Provenance dissect_provenance(const Source& source, const ConceptSet& concepts, const DissectRequest& request);

// Those of the units that the run has not found yet, with each of the signs asked for.
std::vector<LayerTask> undissected(const std::vector<LayerTask>& tasks, const DissectRequest& request,
                                   const Atlas& atlas, int64_t run);

// One pass over the images for all units that the atlas does not hold yet; thresholds, labels and exemplars go into
// it, beside what it held. Returns the images that could not be read and were left out; with request.strict the first
// one throws its Error.
std::vector<SkippedImage> dissect_layers(const Source& source, const std::vector<LayerTask>& tasks,
                                         const ConceptSet& concepts, const DissectRequest& request, Atlas& atlas,
                                         Reporter& reporter);

}  // namespace microtome
