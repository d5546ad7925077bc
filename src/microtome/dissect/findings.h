// SPDX-License-Identifier: Apache-2.0
// What a dissection finds out about each unit of a layer. Plain values, declared once (base/finding.h): the atlas
// stores them, exports and pages show them. A number of a concept that is added to ConceptMeasures appears in all of
// these; its column is added in a step of atlas/schema/.
// Defined in verdict.cpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/finding.h"
#include "microtome/dissect/concept_findings.h"

namespace microtome {

// Share of activations above the threshold in the published experiments.
inline constexpr double kPublishedTail = 0.005;

// A real image at one end of a unit's range, with the whole activation map to draw its mask from.
struct Exemplar {
  int64_t image = 0;          // index in the concept set
  float activation = 0;       // maximum of the map for top exemplars, minimum for bottom ones
  int width = 0, height = 0;  // of the map
  std::vector<float> map;     // row-major, in the layer's own sign

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "image", .help = "Index in the concept set"}, s.image);
    field({.name = "activation", .help = "Maximum of the map at the high end, minimum at the low one"}, s.activation);
    field({.name = "width", .help = "Of the map"}, s.width);
    field({.name = "height", .help = "Of the map"}, s.height);
    field({.name = "map", .help = "Row by row, in the layer's own sign"}, as_packed(s.map));
  }
};

// Counts of activations in bins of equal width between low and high; values beyond fall into the end bins.
struct Histogram {
  float low = 0, high = 0;
  std::vector<int64_t> counts;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "low", .help = "Where the first bin begins"}, s.low);
    field({.name = "high", .help = "Where the last bin ends"}, s.high);
    field({.name = "counts", .help = "Activations in each bin"}, as_packed(s.counts));
  }
};

// What is said of a unit, in the order in which it is decided.
enum class Verdict : int8_t {
  kSilent,         // its mask is empty: the unit never rises above its threshold, nor saturates at it
  kNoConceptFits,  // nothing overlaps, or no better than chance (q > 0.05 and some permutation reached it)
  kTooSmall,       // better than chance, but the best concept's ceiling is below the cut: undetectable by size
  kBelowCut,       // better than chance, IoU below the cut
  kDetector,
};
std::string_view verdict_text(Verdict verdict);  // "detector", "below the cut", ...

struct UnitDissection {
  int64_t unit = 0;
  Sign sign = Sign::kPositive;             // for kNegative every level is of the negated activation
  float threshold = 0;                     // T: exact order statistic at the tail, over all cells of all images
  float minimum = 0, maximum = 0;          // over all cells
  int64_t on_pixels = 0;                   // label-grid pixels with S > T; of a unit that saturates, S >= T
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
  std::vector<double> shuffled;  // best IoU under each shuffle of the labels; no field: units are judged anew from it

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "unit", .help = "Row of the basis"}, s.unit);
    field({.name = "sign", .help = "Which end of its range"}, s.sign);
    field({.name = "threshold", .help = "Level above which the unit is on"}, s.threshold);
    field({.name = "minimum", .help = "Over all cells"}, s.minimum);
    field({.name = "maximum", .help = "Over all cells"}, s.maximum);
    field({.name = "on_pixels", .help = "Pixels where the unit is on"}, s.on_pixels);
    field({.name = "on_images", .help = "Images with such a pixel"}, s.on_images);
    field({.name = "best", .help = "The best concept"}, s.best);
    field({.name = "by_category", .help = "The best concept of each category"}, s.by_category);
    field({.name = "top_concepts", .help = "The best few over all categories"}, s.top_concepts);
    field({.name = "held_out", .help = "The label chosen on the training images, scored on the others"}, s.held_out);
    field({.name = "interval", .help = "Of the best IoU, over resampled images"}, s.interval);
    field({.name = "significance", .help = "Of the best IoU, against shuffled labels"}, s.significance);
    field({.name = "tails", .help = "The same unit at further tails"}, s.tails);
    field({.name = "formulas", .help = "The best formula of each length"}, s.formulas);
    field({.name = "ranges", .help = "What each range of the unit's levels shows"}, s.ranges);
    field({.name = "selfcheck", .help = "What scores would be with wrong labels"}, s.trials);
    field({.name = "histogram", .help = "Of all activations"}, s.histogram);
    field({.name = "top", .help = "The images that drive it most"}, s.top);
    field({.name = "bottom", .help = "The images that drive it least"}, s.bottom);
    field({.name = "typical", .help = "Images drawn at random from those where it is on"}, s.typical);
  }
};
Verdict verdict(const UnitDissection& unit);
// Whether the threshold is the largest level, which more than the tail of the activations share, as where a ReLU6 clips
// them: nothing is above it. Not of constant units, nor where that level is zero, a rectifier's floor.
bool saturates(const UnitDissection& unit);
// Whether its mask is S >= T, as the default convention has it of units that saturate.
bool is_on_at_threshold(const UnitDissection& unit);

struct LayerDissection {
  std::string layer;
  int map_width = 0, map_height = 0;
  double tail = 0;
  int64_t images = 0;                     // that took part
  std::vector<UnitDissection> units;      // by unit, then sign (+ before -)
  std::string convention = "default";     // convention.h: what "IoU" means here
  std::string upsampling = "half_pixel";  // of the convention: how maps became masks

  // Without the units.
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "map_width", .help = "Cells"}, s.map_width);
    field({.name = "map_height", .help = "Cells"}, s.map_height);
    field({.name = "tail", .help = "Share of activations above the threshold"}, s.tail);
    field({.name = "images", .help = "Images that took part"}, s.images);
    field({.name = "convention", .help = "What IoU means here"}, s.convention);
    field({.name = "upsampling", .help = "How maps became masks"}, s.upsampling);
  }
};

}  // namespace microtome
