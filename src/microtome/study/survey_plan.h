// SPDX-License-Identifier: Apache-2.0
// What a dissection will need, decided before it starts: settings of survey and tally, and how many passes over the
// images keep it within the memory that it may use.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/study/dissect_arguments.h"
#include "microtome/study/source.h"
#include "microtome/study/units.h"

namespace microtome {

// Throws Error(kUsage) on an unknown convention.
TallySettings tally_settings(const DissectRequest& request);
// Units by rows of a map: [C,H,W] as it is, [F] as maps of one cell. Throws Error(kUnsupported) on other layers.
SurveyLayer survey_layer(const Network& network, const LayerTask& task, int64_t images);
SurveySettings survey_settings(const DissectRequest& request, const SurveyLayer& layer, const ConceptSet& concepts);

struct SurveyPlan {
  std::vector<std::vector<LayerTask>> passes;  // each a run of the images through the network
  int64_t usual = 0, most = 0;                 // bytes that the largest pass takes: as a rule, and at most
  int64_t labels = 0;                          // bytes for the labels, about
  int64_t activations = 0;                     // bytes for the activations of one batch
};
// With request.memory_limit, layers are cut into blocks of units whose `most` fits beside labels and activations.
// Throws Error(kUsage) saying how much is needed when not even one unit fits.
SurveyPlan plan_survey(const Source& source, const std::vector<LayerTask>& tasks, const ConceptSet& concepts,
                       const DissectRequest& request);
// One line for people; `ranges`: clusters of levels asked for.
std::string describe_plan(const SurveyPlan& plan, const std::vector<LayerTask>& tasks, int64_t images, int64_t ranges);

}  // namespace microtome
