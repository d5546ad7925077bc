// SPDX-License-Identifier: Apache-2.0
// What a dissection finds out about each unit of a layer. Plain values; the atlas stores them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace microtome {

// A unit whose best IoU reaches this cut is a detector (Bau et al., CVPR 2017, 3.2).
inline constexpr double kDetectorCut = 0.04;

// Share of activations above the threshold in the published experiments.
inline constexpr double kPublishedTail = 0.005;

enum class Sign : int8_t { kPositive = 1, kNegative = -1 };
inline char sign_char(Sign sign) { return sign == Sign::kPositive ? '+' : '-'; }

// One concept against one unit, counted in label-grid pixels over the whole set.
struct ConceptScore {
  int label = 0;             // 0: none
  int category = -1;         // the category under which it is scored
  int64_t intersection = 0;  // I: (pixel, plane) pairs with the label where the unit is on
  int64_t activation = 0;    // A: pixels where the unit is on, in images that carry the category
  int64_t truth = 0;         // G: (pixel, plane) pairs with the label
  int64_t images = 0;        // images that carry the label
  double iou = 0;            // I / (A + G - I); 0 when the union is empty
  double ceiling = 0;        // min(A, G) / max(A, G): the largest IoU that these sizes permit
};

// A real image at one end of a unit's range, with the whole activation map to draw its mask from.
struct Exemplar {
  int64_t image = 0;          // index in the concept set
  float activation = 0;       // maximum of the map for top exemplars, minimum for bottom ones
  int width = 0, height = 0;  // of the map
  std::vector<float> map;     // row-major, in the layer's own sign
};

// Counts of activations in bins of equal width between low and high; values beyond fall into the end bins.
struct Histogram {
  float low = 0, high = 0;
  std::vector<int64_t> counts;
};

struct UnitDissection {
  int unit = 0;
  Sign sign = Sign::kPositive;             // for kNegative every level is of the negated activation
  float threshold = 0;                     // T: exact order statistic at the tail, over all cells of all images
  float minimum = 0, maximum = 0;          // over all cells
  int64_t on_pixels = 0;                   // label-grid pixels with S > T
  int64_t on_images = 0;                   // images with such a pixel
  ConceptScore best;                       // over all candidate concepts; label 0 when nothing overlaps
  std::vector<ConceptScore> by_category;   // the best of each category, index = category (label 0 when none)
  std::vector<ConceptScore> top_concepts;  // the best few over all categories, falling IoU (ties: lower label)
  Histogram histogram;
  std::vector<Exemplar> top;     // falling activation, ties: lower image first
  std::vector<Exemplar> bottom;  // rising activation, ties: lower image first
};

struct LayerDissection {
  std::string layer;
  int map_width = 0, map_height = 0;
  double tail = 0;
  int64_t images = 0;                 // that took part
  std::vector<UnitDissection> units;  // by unit, then sign (+ before -)
};

// How many detectors a layer has. Both published meanings of "unique detectors" (report 2.7).
struct DetectorCount {
  int units = 0;
  int detectors = 0;           // units with best.iou >= kDetectorCut
  int unique = 0;              // distinct best labels among them
  int unique_by_category = 0;  // sum over categories of distinct best-in-category labels with IoU > kDetectorCut
  struct Category {
    int detectors = 0;  // units whose best concept is of the category
    int unique = 0;     // distinct labels among them
  };
  std::vector<Category> by_category;  // index = category
};
DetectorCount count_detectors(const std::vector<UnitDissection>& units, int categories);

}  // namespace microtome
