// SPDX-License-Identifier: Apache-2.0
// What an ascent gives: a picture, how it came about and what was measured of it.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "microtome/image/image.h"

namespace microtome {

// The picture as it was after so many updates.
struct Frame {
  int64_t step = 0;
  Image image;
};

// A finished ascent.
struct Picture {
  Image image;  // 1, 3 or, with opacity, 4 channels
  // Of inputs that are no pictures: [C,H,W] in 0..1, of which the image and the frames are drawings (input_form.h) and
  // on which all measures are taken instead of the stored 8-bit picture. Empty for pictures.
  std::vector<float> values;
  std::array<int64_t, 3> shape{};  // C, H, W: of values
  std::vector<float> curve;   // the objective at each step, on the transformed input; of all pictures made together
  std::vector<Frame> frames;  // at the steps asked for, rising
  // Of the stored 8-bit picture, decoded again: mean over 16 held-out transforms (other draws than any step's) of the
  // maximum over positions of the target unit (of its negative for a negative sign); NaN when the objective has no
  // unit.
  double activation = 0;
  double plain_activation = 0;  // the same of the picture unmoved
  double score = 0;             // the objective itself of the stored picture (of all made together), held out as above
  // Of every unit of the target's layer, on the picture unmoved: its maximum over positions (of the negated units for a
  // negative sign). Empty without a target.
  std::vector<float> maxima;
  double rank = 0;  // of the target among them: 1 = the largest; NaN without a target and where the target is at zero
  double spectrum_slope = 0;     // quality.h; NaN for inputs that are no pictures
  int64_t redirected_steps = 0;  // steps in which a dead gradient was redirected
  int64_t start = 0;             // which of the starts it came from
  int64_t dots = 0;              // of the dotted pictures (dots.h), counted from 1, the one that woke it; 0: noise did
  bool plateau = false;          // the ascent ended before its last step
  bool started = true;           // false: the gradient stayed zero; the picture is then the start image
  bool dead = false;  // the target is at zero on it, moved or not: other parts of the objective outweighed it
};

}  // namespace microtome
