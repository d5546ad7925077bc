// SPDX-License-Identifier: Apache-2.0
// The stages of the main job. Each takes up where an earlier run with the same provenance stopped.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/study/requests.h"
#include "microtome/study/source.h"
#include "microtome/study/survey_checkpoint.h"

namespace microtome {

struct PicturePlan;

// A layer with the units asked for.
struct LayerTask {
  std::string layer;           // the file's own name
  std::vector<int64_t> units;  // rising
};

// One pass over the images for all layers that the atlas does not hold yet; thresholds, labels and exemplars go into
// it. Returns the images that could not be read and were left out; with request.strict the first one throws its Error.
std::vector<SkippedImage> dissect_layers(const Source& source, const std::vector<LayerTask>& tasks,
                                         const ConceptSet& concepts, const StudyRequest& request, Atlas& atlas,
                                         Reporter& reporter);

// Renders the pictures of a plan (picture_plan.h) that the atlas does not hold yet, one picture a worker; those that
// are compared with each other are made by one worker, and stored and taken up as a whole.
void render_pictures(const Source& source, const PicturePlan& plan, const StudyRequest& request, Atlas& atlas,
                     Reporter& reporter);

// Warns when another preset makes the network much surer of real images than the one in use: a wrong value range is the
// most common silent mistake. Says nothing about networks that are no classifiers.
void check_range(const Source& source, const ConceptSet& concepts, int threads, Reporter& reporter);

// What names a run of a stage: all that moves a number.
Provenance make_provenance(const Source& source, const StudyRequest& request, const std::string& stage,
                           const std::string& data_hash, Json settings);

}  // namespace microtome
