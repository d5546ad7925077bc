// SPDX-License-Identifier: Apache-2.0
// What a dissection finds out about each unit of a layer. Plain values; the atlas stores them.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/unit.h"

namespace microtome {

// A unit whose best IoU reaches this cut is a detector (Bau et al., CVPR 2017, 3.2).
inline constexpr double kDetectorCut = 0.04;

// Share of activations above the threshold in the published experiments.
inline constexpr double kPublishedTail = 0.005;

// Other scores of the same pair; NaN where not computed or not defined. docs/numerics.md has the formulas.
struct ConceptMeasures {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  double share = kUnknown;              // of the mask that carries the label: I / on_pixels
  double f1 = kUnknown;                 // over pixels: 2 I / (on_pixels + G)
  double iqr = kUnknown;                // over pixels: mutual information / joint entropy
  double auc = kUnknown;                // over images: does the unit's maximum tell whether the label is there?
  double average_precision = kUnknown;  // over images, ranked by the unit's maximum
  double pearson = kUnknown;            // over images: the unit's maximum against presence
};

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
  ConceptMeasures measures;  // beside IoU
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

// The same unit at another tail of the same pass.
struct TailScore {
  double tail = 0;
  float threshold = 0;
  int64_t on_pixels = 0;
  ConceptScore best;
};

// A label chosen on the images of split "train" and scored on all others.
struct HeldOutScore {
  int label = 0;  // 0: nothing overlaps on the training images
  double train_iou = 0, iou = 0;
};

// Of the best IoU, over resampled images.
struct BootstrapInterval {
  double low = 0, high = 0;  // 2.5th and 97.5th percentile
  double deviation = 0;
};

// Of the best IoU, against the same masks with the labels of other images.
struct Significance {
  int permutations = 0;
  double p = 1;         // (1 + permutations whose best IoU reaches this one) / (1 + permutations)
  double q = 1;         // Benjamini-Hochberg over the units of the layer and sign
  double family_p = 1;  // of the layer and sign: against the largest standardized best IoU over its units
  double null_mean = 0, null_high = 0;  // mean and 95th percentile of the permutations' best IoU
};

// What is said of a unit, in the order in which it is decided.
enum class Verdict : int8_t {
  kSilent,         // its mask is empty: the unit never rises above its threshold
  kNoConceptFits,  // nothing overlaps, or no better than chance (q > 0.05 and some permutation reached it)
  kTooSmall,       // better than chance, but the best concept's ceiling is below the cut: undetectable by size
  kBelowCut,       // better than chance, IoU below the cut
  kDetector,
};
std::string_view verdict_text(Verdict verdict);  // "detector", "below the cut", ...

// A logical formula over concepts, scored over all pixels of all images: I / (G + on_pixels - I).
struct FormulaScore {
  std::string text;  // "(tree OR bush) AND NOT sky"
  int length = 0;    // labels in it
  int64_t intersection = 0, truth = 0;
  double iou = 0;
};

// One range of a unit's activations (ranges are clusters of its levels): low < S <= high.
struct RangeScore {
  float low = 0, high = 0;
  int64_t on_pixels = 0;
  ConceptScore best;
};

// A score of the unit and its label, and what it would be with wrong labels (selfcheck.h).
struct ScoreTrial {
  std::string score;   // "iou"
  double before = 0;   // NaN where not defined
  double missing = 0;  // half of the images that carry the label lack it; mean over draws
  double extra = 0;    // as many images again carry it; mean over draws
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
  std::vector<TailScore> tails;            // further tails, as asked for
  std::optional<HeldOutScore> held_out;
  std::optional<BootstrapInterval> interval;
  std::optional<Significance> significance;
  std::vector<FormulaScore> formulas;  // the best of each length, from 1
  std::vector<RangeScore> ranges;      // rising levels
  std::vector<ScoreTrial> trials;      // of detectors, when asked for
  Histogram histogram;
  std::vector<Exemplar> top;     // falling activation, ties: lower image first
  std::vector<Exemplar> bottom;  // rising activation, ties: lower image first
  // Images drawn at random from those with an on-pixel, by image. Cells that no mask needs hold a value just below the
  // threshold.
  std::vector<Exemplar> typical;
};
Verdict verdict(const UnitDissection& unit);

struct LayerDissection {
  std::string layer;
  int map_width = 0, map_height = 0;
  double tail = 0;
  int64_t images = 0;                 // that took part
  std::vector<UnitDissection> units;  // by unit, then sign (+ before -)
};

// Detectors over cut-offs: how far a count depends on the cut.
struct DetectorCurvePoint {
  double cut = 0;
  int detectors = 0, unique = 0;  // units with best IoU >= cut, distinct labels among them
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
  };
  std::vector<Category> by_category;  // index = category
};
DetectorCount count_detectors(const std::vector<UnitDissection>& units, int categories);

}  // namespace microtome
