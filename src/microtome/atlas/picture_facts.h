// SPDX-License-Identifier: Apache-2.0
// What is measured of a picture beside its activation. docs/numerics.md has the formulas.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "microtome/base/finding.h"
#include "microtome/base/json.h"

namespace microtome {

// Beside the real images of its unit; what cannot be said is absent.
struct PictureComparison {
  std::optional<double> selectivity, path_similarity, exemplar_path, transfer;
  Json path_layers;  // {layer: similarity}; null: not compared

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "selectivity", .help = "Rank among its layer's units by their maxima over each one's best image"},
          s.selectivity);
    field({.name = "path_similarity", .help = "Likeness to the unit's top images on the way to it"}, s.path_similarity);
    field({.name = "path_layers", .help = "The same by layer"}, s.path_layers);
    field({.name = "exemplar_path", .help = "The same of these images among themselves"}, s.exemplar_path);
    field(
        {.name = "transfer", .help = "In a second network: how often it resembles the unit's images more than others"},
        s.transfer);
  }
};

// Absent: not measured, or nothing to be said.
struct PictureFacts {
  std::optional<int64_t> steps, redirected_steps, start, dots;
  std::optional<bool> plateau;
  std::optional<double> plain_activation, rank, spectrum_slope, diversity;
  std::optional<int64_t> channels, size, variants;
  std::vector<int64_t> shape;
  PictureComparison comparison;

  // The order is that of the texts in atlases, which digests of them read.
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "steps", .help = "Updates done"}, s.steps);
    field({.name = "redirected_steps", .help = "Steps in which a dead gradient was redirected"}, s.redirected_steps);
    field({.name = "start", .help = "Which of the starts it came from"}, s.start);
    field({.name = "plateau", .help = "Whether the ascent ended before its last step"}, s.plateau);
    field({.name = "dots", .help = "Which picture of sparse dots woke it, from 1; absent: noise did"}, s.dots);
    field({.name = "plain_activation", .help = "Of the picture unmoved"}, s.plain_activation);
    field({.name = "channels", .help = "4: with opacity"}, s.channels);
    field({.name = "size", .help = "Of the input, in pixels"}, s.size);
    field({.name = "shape", .help = "In place of the size, of an input that is no picture"}, s.shape);
    field({.name = "rank", .help = "Of the unit among its layer's by their maxima on the picture"}, s.rank);
    field({.name = "spectrum_slope", .help = "Of the power over frequency"}, s.spectrum_slope);
    PictureComparison::fields(s.comparison, field);
    field({.name = "variants", .help = "Pictures of which the diversity was taken"}, s.variants);
    field({.name = "diversity", .help = "How much the variants differ"}, s.diversity);
  }
};

}  // namespace microtome
