// SPDX-License-Identifier: Apache-2.0
// What a survey is told: its settings, the layer, and what comes in.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/field.h"
#include "microtome/dissect/findings.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {

struct SurveySettings {
  double tail = kPublishedTail;  // fraction of a unit's activations above its threshold
  int top = 9;                   // exemplars kept at the high end
  int bottom = 9;                // exemplars kept at the low end
  bool positive = true;          // dissect the activations
  bool negative = false;         // dissect the negated activations
  int bins = 64;                 // of each unit's histogram
  // What the tally will need (see dissection_needs() in tally_settings.h).
  double keep = 0;                // largest tail that masks are cut at; 0 = tail
  int reach = 1;                  // cells around a kept one whose values are kept too
  bool whole_below_zero = false;  // keep every cell of a side whose threshold is below zero
  bool operator==(const SurveySettings&) const = default;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "tail", .help = "Fraction of a unit's activations above its threshold", .min = 1e-9, .max = 1},
          s.tail);
    field({.name = "top", .help = "Images kept at a unit's high end", .min = 0, .max = 10000}, s.top);
    field({.name = "bottom", .help = "Images kept at a unit's low end", .min = 0, .max = 10000}, s.bottom);
    field({.name = "positive", .help = "Dissect high activations"}, s.positive);
    field({.name = "negative", .help = "Dissect low activations: the same on the negated unit"}, s.negative);
    field({.name = "bins", .help = "Bins of each unit's histogram", .min = 1, .max = 512}, s.bins);
    field({.name = "keep", .help = "Largest tail that masks are cut at; 0 = tail", .min = 0, .max = 1}, s.keep);
    field({.name = "reach", .help = "Cells kept around a kept one", .min = 1, .max = 65535}, s.reach);
    field({.name = "whole-below-zero", .help = "Keep every cell where the threshold is below zero"},
          s.whole_below_zero);
  }
};

// The layer to survey and the most images that may come. A fully connected layer has a map of one cell.
struct SurveyLayer {
  std::string name;
  int units = 0;
  int map_width = 0, map_height = 0;
  int64_t images = 0;
  FieldAxis across, down;  // the receptive field, for conventions that place cells by it
  bool operator==(const SurveyLayer&) const = default;
};

// What the network made of one image: float32 [units, map_height, map_width], contiguous. Borrowed for the call.
struct SurveyImage {
  int64_t image = 0;  // index in the concept set
  const float* activations = nullptr;
};

}  // namespace microtome
