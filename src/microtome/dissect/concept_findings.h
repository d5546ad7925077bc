// SPDX-License-Identifier: Apache-2.0
// What is found of a concept and a unit. A number that is added to ConceptMeasures appears in JSON, csv, the front
// end's types, the content hash and the tests' comparisons; its column is added to table score in a step of
// atlas/schema/.
#pragma once
#include <cstdint>
#include <limits>
#include <string>

#include "microtome/base/finding.h"

namespace microtome {

// Other scores of the same pair; NaN where not computed or not defined. docs/numerics.md has the formulas.
struct ConceptMeasures {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  double share = kUnknown;              // of the mask that carries the label: I / on_pixels
  double f1 = kUnknown;                 // over pixels: 2 I / (on_pixels + G)
  double iqr = kUnknown;                // over pixels: mutual information / joint entropy
  double auc = kUnknown;                // over images: does the unit's maximum tell whether the label is there?
  double average_precision = kUnknown;  // over images, ranked by the unit's maximum
  double pearson = kUnknown;            // over images: the unit's maximum against presence
  double cosine = kUnknown;             // over pixels: I / sqrt(on_pixels * G)

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "share", .help = "Share of the mask that carries the label"}, s.share);
    field({.name = "f1", .help = "F1 over pixels"}, s.f1);
    field({.name = "iqr", .help = "Mutual information over joint entropy, over pixels"}, s.iqr);
    field({.name = "auc",
           .help = "Whether the unit's maximum tells images with the label from others: area under the curve"},
          s.auc);
    field({.name = "average_precision", .help = "Average precision over images ranked by the unit's maximum"},
          s.average_precision);
    field({.name = "pearson", .help = "Correlation of the unit's maximum with presence of the label, over images"},
          s.pearson);
    field({.name = "cosine", .help = "Cosine of mask and label as vectors over pixels"}, s.cosine);
  }
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

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "label", .help = "The concept"}, as_label(s.label));
    field({.name = "category", .help = "The category under which it is scored"}, as_category(s.category));
    field({.name = "intersection", .help = "Pixels with the label where the unit is on"}, s.intersection);
    field({.name = "activation", .help = "Pixels where the unit is on, in images that carry the category"},
          s.activation);
    field({.name = "truth", .help = "Pixels with the label"}, s.truth);
    field({.name = "images", .help = "Images that carry the label"}, s.images);
    field({.name = "iou", .help = "Intersection over union"}, s.iou);
    field({.name = "ceiling", .help = "The largest IoU that these sizes permit"}, s.ceiling);
    field({.name = "measures", .help = "Beside IoU"}, s.measures);
  }
};

// The same unit at another tail of the same pass.
struct TailScore {
  double tail = 0;
  float threshold = 0;
  int64_t on_pixels = 0;
  ConceptScore best;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "tail", .help = "Share of activations above the threshold"}, s.tail);
    field({.name = "threshold", .help = "Of this tail"}, s.threshold);
    field({.name = "on_pixels", .help = "Pixels above it"}, s.on_pixels);
    field({.name = "best", .help = "The best concept"}, s.best);
  }
};

// A label chosen on the images of split "train" and scored on all others.
struct HeldOutScore {
  int label = 0;  // 0: nothing overlaps on the training images
  double train_iou = 0, iou = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "label", .help = "Chosen on the training images"}, as_label(s.label));
    field({.name = "train_iou", .help = "On the training images"}, s.train_iou);
    field({.name = "iou", .help = "On all others"}, s.iou);
  }
};

// Of the best IoU, over resampled images.
struct BootstrapInterval {
  double low = 0, high = 0;  // 2.5th and 97.5th percentile
  double deviation = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "low", .help = "2.5th percentile"}, s.low);
    field({.name = "high", .help = "97.5th percentile"}, s.high);
    field({.name = "deviation", .help = "Standard deviation"}, s.deviation);
  }
};

// Of the best IoU, against the same masks with the labels of other images.
struct Significance {
  int permutations = 0;
  double p = 1;         // (1 + permutations whose best IoU reaches this one) / (1 + permutations)
  double q = 1;         // Benjamini-Hochberg over the units of the layer and sign
  double family_p = 1;  // of the layer and sign: against the largest standardized best IoU over its units
  double null_mean = 0, null_high = 0;  // mean and 95th percentile of the permutations' best IoU

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "permutations", .help = "Shufflings of the labels"}, s.permutations);
    field({.name = "p", .help = "Share of permutations whose best IoU reaches this one"}, s.p);
    field({.name = "q", .help = "False discovery rate over the units of the layer and sign"}, s.q);
    field({.name = "family_p", .help = "Against the largest best IoU over the units"}, s.family_p);
    field({.name = "null_mean", .help = "Mean of the permutations' best IoU"}, s.null_mean);
    field({.name = "null_high", .help = "95th percentile of it"}, s.null_high);
  }
};

// A logical formula over concepts, scored over all pixels of all images: I / (G + on_pixels - I).
struct FormulaScore {
  std::string text;  // "(tree OR bush) AND NOT sky"
  int length = 0;    // labels in it
  int64_t intersection = 0, truth = 0;
  double iou = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "text", .help = "The formula"}, s.text);
    field({.name = "length", .help = "Labels in it"}, s.length);
    field({.name = "intersection", .help = "Pixels where both hold"}, s.intersection);
    field({.name = "truth", .help = "Pixels where the formula holds"}, s.truth);
    field(
        {.name = "iou",
         .help = "Intersection over union, over all images; that of a label counts the mask only in images that carry "
                 "its category, so that one word alone may have less here"},
        s.iou);
  }
};

// One range of a unit's activations (ranges are clusters of its levels): low < S <= high.
struct RangeScore {
  float low = 0, high = 0;
  int64_t on_pixels = 0;
  ConceptScore best;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "low", .help = "The level above which the range begins"}, s.low);
    field({.name = "high", .help = "Its highest level"}, s.high);
    field({.name = "on_pixels", .help = "Pixels in the range"}, s.on_pixels);
    field({.name = "best", .help = "The best concept"}, s.best);
  }
};

// A score of the unit and its label, and what it would be with wrong labels (selfcheck.h).
struct ScoreTrial {
  std::string score;   // "iou"
  double before = 0;   // NaN where not defined
  double missing = 0;  // half of the images that carry the label lack it; mean over draws
  double extra = 0;    // as many images again carry it; mean over draws

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "score", .help = "Which score"}, s.score);
    field({.name = "before", .help = "With the labels as they are"}, s.before);
    field({.name = "missing", .help = "Half of the images that carry the label lack it"}, s.missing);
    field({.name = "extra", .help = "As many images again carry it"}, s.extra);
  }
};

}  // namespace microtome
