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

// One pass over the images for all layers that the atlas does not hold yet; thresholds, labels and exemplars go into
// it. Returns the images that could not be read and were left out; with request.strict the first one throws its Error.
std::vector<SkippedImage> dissect_layers(const Source& source, const std::vector<LayerTask>& tasks,
                                         const ConceptSet& concepts, const DissectRequest& request, Atlas& atlas,
                                         Reporter& reporter);

}  // namespace microtome
