// SPDX-License-Identifier: Apache-2.0
// What a Survey holds, for the tally and for saving; callers outside the room use Survey.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/dissect/hot_cells.h"
#include "microtome/dissect/survey.h"
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
  std::vector<HotCells> rows;  // by unit, then sign (+ before -)

  int signs() const { return settings.positive + settings.negative; }
  int64_t map_cells() const { return static_cast<int64_t>(layer.map_width) * layer.map_height; }
  int unit_of(size_t row) const { return static_cast<int>(row) / signs(); }
  Sign sign_of(size_t row) const {
    if (signs() == 2) return row % 2 == 0 ? Sign::kPositive : Sign::kNegative;
    return settings.positive ? Sign::kPositive : Sign::kNegative;
  }
};

// An empty state for a checked layer and settings.
SurveyState empty_survey(SurveyLayer layer, SurveySettings settings);

// The threshold of a row as survey.h defines it, for a tail of at most the kept one; 0 when no image was added.
float row_threshold(const SurveyState& state, size_t row, double tail);

}  // namespace microtome
