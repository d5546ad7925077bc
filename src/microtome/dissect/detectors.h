// SPDX-License-Identifier: Apache-2.0
// What the units of a layer come to: counts of detectors, curves over cut-offs, which scores are sound.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/base/finding.h"

namespace microtome {

struct UnitDissection;

// A unit whose best IoU reaches this cut is a detector (Bau et al., CVPR 2017, 3.2).
inline constexpr double kDetectorCut = 0.04;

// Detectors over cut-offs: how far a count depends on the cut.
struct DetectorCurvePoint {
  double cut = 0;
  int detectors = 0, unique = 0;  // units with best IoU >= cut, distinct labels among them

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "cut", .help = "Smallest IoU of a detector"}, s.cut);
    field({.name = "detectors", .help = "Units with this IoU"}, s.detectors);
    field({.name = "unique", .help = "Distinct labels among them"}, s.unique);
  }
};
// At cuts 0.01, 0.02 ... 0.30; `tail`: 0 for the layer's own, else that of TailScore.
std::vector<DetectorCurvePoint> detector_curve(const std::vector<UnitDissection>& units, double tail = 0);

// Whether a score notices wrong labels: the share of detectors whose score falls, by more than a hundredth of it. It
// passes when nearly all do, both times.
inline constexpr double kFall = 0.01, kSoundShare = 0.9;
struct ScoreCheck {
  std::string score;
  int pairs = 0;  // detectors with this trial
  double missing = 0, extra = 0;
  bool passes = false;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "score", .help = "Which score"}, s.score);
    field({.name = "detectors", .help = "Detectors that were tried"}, s.pairs);
    field({.name = "missing", .help = "Share whose score falls when labels are missing"}, s.missing);
    field({.name = "extra", .help = "Share whose score falls when labels are added"}, s.extra);
    field({.name = "passes", .help = "Whether nearly all fall, both times"}, s.passes);
  }
};
// In a fixed order; only scores that were tried.
std::vector<ScoreCheck> check_scores(const std::vector<UnitDissection>& units);

// How many detectors a layer has. Both published meanings of "unique detectors" (docs/numerics.md).
struct DetectorCount {
  int units = 0;
  int detectors = 0;           // units with best.iou >= kDetectorCut
  int unique = 0;              // distinct best labels among them
  int unique_by_category = 0;  // sum over categories of distinct best-in-category labels with IoU > kDetectorCut
  struct Category {
    int detectors = 0;  // units whose best concept is of the category
    int unique = 0;     // distinct labels among them

    template <class Self, class Visitor>
    static void fields(Self& s, Visitor&& field) {
      field({.name = "detectors", .help = "Units whose best concept is of the category"}, s.detectors);
      field({.name = "unique", .help = "Distinct labels among them"}, s.unique);
    }
  };
  std::vector<Category> by_category;  // index = category

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "units", .help = "Dissected units"}, s.units);
    field({.name = "detectors", .help = "Units whose best IoU reaches the cut"}, s.detectors);
    field({.name = "unique", .help = "Distinct best labels among them"}, s.unique);
    field({.name = "unique_by_category",
           .help = "Sum over categories of the distinct best labels of the category that exceed the cut"},
          s.unique_by_category);
    field({.name = "by_category", .help = "By category"}, s.by_category);
  }
};
DetectorCount count_detectors(const std::vector<UnitDissection>& units, int categories);

}  // namespace microtome
