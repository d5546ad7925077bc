// SPDX-License-Identifier: Apache-2.0
// A picture in the atlas.
// Defined in atlas_pictures.cpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "microtome/atlas/picture_facts.h"
#include "microtome/base/finding.h"
#include "microtome/base/unit.h"

namespace microtome {

// A picture as it was after so many updates of its ascent.
struct AtlasFrame {
  int64_t step = 0;
  std::string webp;  // the encoded file
};

// A rendered picture and what is known of it. Without a layer it is a visualization of no single unit: its place in the
// atlas is (objective, variant), and `activation` says nothing; else its place is (layer, unit, sign, objective,
// variant). Each run can fill a place with a picture of its own.
struct AtlasPicture {
  int64_t id = 0;     // of the stored picture, as long as it is not replaced
  int64_t run = 0;    // that made it; set when read
  std::string layer;  // empty: of no single unit
  int64_t unit = 0;
  Sign sign = Sign::kPositive;
  int variant = 0;
  std::string objective;  // canonical text
  std::string png;        // the encoded file
  int width = 0, height = 0;
  std::vector<float> values;       // of what is no picture, [C,H,W] as facts.shape says; the png is a drawing of them
  std::vector<float> curve;        // objective at each step
  std::vector<AtlasFrame> frames;  // by rising step
  double score = 0;  // of the objective, of the stored picture under held-out transforms; NaN: not known (schema 2)
  double activation = 0;  // of the stored 8-bit picture or values: mean over held-out transforms of the unit's maximum
  std::optional<double> best_exemplar;     // the unit's maximum (minimum for -) over the real images
  std::optional<double> activation_ratio;  // activation / best_exemplar
  std::string status;                      // "ok", or why it is not: "did not start", "dead"
  PictureFacts facts;
  std::vector<float> maxima;  // of each unit of its layer on the stored picture, by number; empty: not known
  std::string compared;       // with which dissection's images: what is known of these is older where it differs

  // But for the place (layer, unit, sign), the files, and what facts are made anew from.
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "variant", .help = "Which of several starts"}, s.variant);
    field({.name = "objective", .help = "What it was made for"}, s.objective);
    field({.name = "width", .help = "Pixels"}, s.width);
    field({.name = "height", .help = "Pixels"}, s.height);
    field({.name = "score", .help = "The objective of the stored picture, under held-out transforms"}, s.score);
    field({.name = "activation", .help = "The unit's maximum on the stored picture, under held-out transforms"},
          s.activation);
    field({.name = "best_exemplar", .help = "The unit's maximum over the real images"}, s.best_exemplar);
    field({.name = "activation_ratio", .help = "Of the picture to the best real image"}, s.activation_ratio);
    field({.name = "status", .help = "ok, or why it is not: did not start, or dead, with its unit at zero"}, s.status);
    field({.name = "facts", .help = "Further measures"}, as_document(s.facts));
    field({.name = "curve", .help = "The objective at each step"}, as_packed(s.curve));
    field({.name = "values", .help = "Of what is no picture"}, as_packed(s.values));
  }
};

}  // namespace microtome
