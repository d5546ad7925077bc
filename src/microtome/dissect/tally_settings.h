// SPDX-License-Identifier: Apache-2.0
// What a tally is told, and what it needs of the survey before it.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/convention.h"
#include "microtome/dissect/formula_settings.h"
#include "microtome/dissect/survey_settings.h"

namespace microtome {

struct TallySettings {
  int min_images = 0;         // a concept is a candidate when at least so many images carry it; 0 = the convention's
  int concepts = 5;           // length of UnitDissection::top_concepts
  std::vector<double> tails;  // further tails to score, at most the surveys' keep
  int permutations = 0;       // of images against labels, for Significance
  int bootstrap = 0;          // resamplings of the images, for BootstrapInterval
  int ranges = 0;             // clusters of levels, for UnitDissection::ranges
  bool selfcheck = false;     // UnitDissection::trials
  int typical = 0;            // length of UnitDissection::typical
  uint64_t seed = 0;          // of permutations, resamplings, wrong labels and typical images
  bool strict = false;        // an image whose labels cannot be read ends the work
  FormulaSettings formulas{.length = 0};
  const Convention* convention = &conventions().front();

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "min-images", .help = "Images that must carry a concept for it to be considered", .min = 0},
          s.min_images);
    field({.name = "concepts", .help = "Best concepts kept for each unit", .min = 0, .max = 1000}, s.concepts);
    field({.name = "permutations", .help = "Shuffles of the labels for p-values", .min = 0, .max = 100000},
          s.permutations);
    field({.name = "bootstrap", .help = "Resamplings for the interval", .min = 0, .max = 100000}, s.bootstrap);
    field({.name = "ranges", .help = "Clusters of a unit's levels", .min = 0, .max = 20}, s.ranges);
    field({.name = "typical", .help = "Random images above the threshold", .min = 0, .max = 1000}, s.typical);
    field({.name = "strict", .help = "Stop at the first image whose labels cannot be read"}, s.strict);
  }
};

// The survey settings under which a tally with these settings is exact, for a layer on the set's label grids.
SurveySettings dissection_needs(SurveySettings survey, const TallySettings& tally, const SurveyLayer& layer,
                                const ConceptSet& concepts);

}  // namespace microtome
