// SPDX-License-Identifier: Apache-2.0
// One pass over a layer's activations that keeps all a dissection needs, exactly, in bounded memory.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/dissect/survey_settings.h"

namespace microtome {

struct SurveyState;

// Streams through the images and keeps, for each unit: smallest and largest value, a histogram, the exemplars of both
// ends with their maps, its extremes on every image, and for each side (a unit with a sign; the side of sign - sees
// negated activations) the cells above a bound that rises with the K-th largest value so far, with the neighbours of
// each. K follows from the tail and the number of images, so the bound never passes the threshold and nothing that a
// mask needs is lost.
//
// Threshold T of a side: the value at position (1 - tail) * (n - 1) of its n = images * map_height * map_width values
// in rising order, interpolated linearly between the two neighbours (NumPy's "linear" rule), computed in double from
// the exact order statistics and rounded to float32. A cell or pixel is on when it is strictly above T; of a side that
// saturates (tally.h) when it is at T, for which the cells at the largest value are kept where they are that many.
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

  // Takes up a survey of other images of the same set, so that parts may be surveyed apart, on threads, machines or
  // days of their own: after it this survey is what one pass over both would have left, number for number, in whatever
  // order and grouping parts are merged. Both must have been announced alike: the same layer (with its `images`, those
  // of the whole set) and the same settings, and no image in common; else Error(kUsage), and this survey is as before.
  // It is exact because both kept what the whole set needs: each bound lies at or below its own K-th largest value,
  // which the whole's K-th largest can only exceed, so the higher of the two bounds holds for the whole, and what lies
  // above it, with its neighbours, is in one of the two stores. (What neither a threshold nor a mask needs may be kept
  // here and not there: the lower cells in the maps of UnitDissection::typical.)
  void merge(Survey&& other);

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
