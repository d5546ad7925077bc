// SPDX-License-Identifier: Apache-2.0
// One pass over a layer's activations that keeps all a dissection needs, exactly, in bounded memory.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/dissect/findings.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {

struct SurveySettings {
  double tail = 0.005;    // fraction of a unit's activations above its threshold
  int top = 9;            // exemplars kept at the high end
  int bottom = 9;         // exemplars kept at the low end
  bool positive = true;   // dissect the activations
  bool negative = false;  // dissect the negated activations
  int bins = 64;          // of each unit's histogram
  // What the tally will need (see dissection_needs() in tally.h).
  double keep = 0;                // largest tail that masks are cut at; 0 = tail
  int reach = 1;                  // cells around a kept one whose values are kept too
  bool whole_below_zero = false;  // keep every cell of a row whose threshold is below zero

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
};

// What the network made of one image: float32 [units, map_height, map_width], contiguous. Borrowed for the call.
struct SurveyImage {
  int64_t image = 0;  // index in the concept set
  const float* activations = nullptr;
};

struct SurveyState;

// Streams through the images and keeps, for each unit: smallest and largest value, a histogram, the exemplars of both
// ends with their maps, its extremes on every image, and for each row (a unit with a sign; the row of sign - sees
// negated activations) the cells above a bound that rises with the K-th largest value so far, with the neighbours of
// each. K follows from the tail and the number of images, so the bound never passes the threshold and nothing that a
// mask needs is lost.
//
// Threshold T of a row: the value at position (1 - tail) * (n - 1) of its n = images * map_height * map_width values in
// rising order, interpolated linearly between the two neighbours (NumPy's "linear" rule), computed in double from the
// exact order statistics and rounded to float32. A cell or pixel is on when it is strictly above T.
//
// The result does not depend on threads or on how images are grouped into calls; the order of images does not matter
// either (ties between exemplars go to the lower image). Images that cannot be used are simply not added: n shrinks.
// Memory: see survey_bytes(). Not thread-safe; add() runs its own threads. Movable.
class Survey {
 public:
  // Throws Error(kUsage) on an empty layer, on neither sign, and on settings out of range.
  Survey(SurveyLayer layer, SurveySettings settings);
  Survey(Survey&&) noexcept;
  Survey& operator=(Survey&&) noexcept;
  ~Survey();

  // Each image once. Throws Error(kCorrupt) naming layer, unit and image when an activation is not finite (of several,
  // the first image's first unit); the survey is then spoilt. Throws Error(kUsage) when more images come than
  // announced.
  void add(std::span<const SurveyImage> images, int threads = 1);

  const SurveyLayer& layer() const;
  const SurveySettings& settings() const;
  const std::vector<int64_t>& images() const;  // That were added, in order of arrival.

  // Everything, as bytes (little-endian); a survey that is loaded and continued gives the identical result.
  // load() throws Error(kCorrupt) on anything that save() did not write.
  std::string save() const;
  static Survey load(std::string_view bytes);

  const SurveyState& state() const { return *state_; }  // For the tally.

 private:
  explicit Survey(std::unique_ptr<SurveyState> state);
  std::unique_ptr<SurveyState> state_;
};

// Bytes that a survey of this layer holds at its fullest, for a line before the run and for planning: what real layers
// come to, and what no activations can exceed.
struct SurveyBytes {
  int64_t usual = 0, most = 0;
};
SurveyBytes survey_bytes(const SurveyLayer& layer, const SurveySettings& settings);

}  // namespace microtome
