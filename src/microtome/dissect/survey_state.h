// SPDX-License-Identifier: Apache-2.0
// What a Survey holds, for the tally and for saving; callers outside the room use Survey.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/dissect/hot_cells.h"
#include "microtome/dissect/survey_settings.h"
#include "microtome/dissect/value_counts.h"

namespace microtome {

// The images at one end of a unit's range, best first, each with its whole map.
struct ExemplarShelf {
  int capacity = 0;
  bool high = true;  // the end: large maxima first, or small minima first
  std::vector<Exemplar> exemplars;

  bool wants(float activation, int64_t image) const;
  void add(int64_t image, float activation, const float* map, int width, int height);
};

struct UnitSurvey {
  float minimum = 0, maximum = 0;
  ValueCounts counts;
  ExemplarShelf high, low;
  // On each image, in order of arrival: the largest value (when positive activations are dissected) and the smallest
  // (when negative ones are).
  std::vector<float> highs, lows;
};

struct SurveyState {
  SurveyLayer layer;
  SurveySettings settings;
  std::vector<int64_t> images;  // that were added
  std::vector<UnitSurvey> units;
  // A side is a unit with a sign. Numbered by unit, then sign (+ before -).
  std::vector<HotCells> sides;

  int signs() const { return settings.positive + settings.negative; }
  int64_t map_cells() const { return static_cast<int64_t>(layer.map_width) * layer.map_height; }
  int unit_of(size_t side) const { return static_cast<int>(side) / signs(); }
  Sign sign_of(size_t side) const {
    if (signs() == 2) return side % 2 == 0 ? Sign::kPositive : Sign::kNegative;
    return settings.positive ? Sign::kPositive : Sign::kNegative;
  }
};

// An empty state for a checked layer and settings.
SurveyState empty_survey(SurveyLayer layer, SurveySettings settings);

// Joins two surveys as survey.h says.
void merge_surveys(SurveyState& into, SurveyState&& from);

// How many of a side's largest values decide its threshold: T lies between the ranks n - floor(p) and the next lower
// one, p = (1 - tail) * (n - 1). Fewer images than announced never need more.
int64_t values_to_keep(const SurveyLayer& layer, const SurveySettings& settings);

// The threshold of a side as survey.h defines it, for a tail of at most the kept one; 0 when no image was added.
float side_threshold(const SurveyState& state, size_t side, double tail);

}  // namespace microtome
