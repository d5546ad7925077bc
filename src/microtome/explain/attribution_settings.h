// SPDX-License-Identifier: Apache-2.0
// How a value is attributed to pixels; free of torch, so that the command line can name it.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/field.h"

namespace microtome {

struct AttributionSettings {
  std::string background = "zero";
  int64_t steps = 128;
  int64_t samples = 32;
  double noise = 0.15;
  std::string rules = "epsilon-plus-flat";
  double epsilon = 1e-6;
  double gamma = 0.25;
  int64_t patch = 0;
  int64_t masks = 1000;
  int64_t cells = 7;
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "background",
           .help = "What a part of the picture is compared with or replaced by: zero (the colour that is 0 to the "
                   "network), black, white, grey or blur",
           .choices = "zero|black|white|grey|blur"},
          s.background);
    field({.name = "steps",
           .help = "integrated: gradients at most on the way from the background",
           .min = 1,
           .max = 100000},
          s.steps);
    field({.name = "samples", .help = "smooth: noisy copies", .min = 1, .max = 100000}, s.samples);
    field({.name = "noise", .help = "smooth: deviation of the noise, of the picture's range", .min = 0, .max = 10},
          s.noise);
    field({.name = "rules",
           .help = "lrp: epsilon-plus-flat, epsilon-gamma-box, epsilon, gamma, plus or alpha2-beta1",
           .choices = "epsilon-plus-flat|epsilon-gamma-box|epsilon|gamma|plus|alpha2-beta1"},
          s.rules);
    field({.name = "epsilon", .help = "lrp: what keeps a denominator from zero", .min = 1e-12, .max = 1e6}, s.epsilon);
    field({.name = "gamma", .help = "lrp: weight of positive weights", .min = 0, .max = 1e6}, s.gamma);
    field({.name = "patch",
           .help = "occlusion: side of the square that is covered, pixels; 0 = an eighth of the picture's short side",
           .min = 0,
           .max = 16384},
          s.patch);
    field({.name = "masks", .help = "rise: random masks", .min = 1, .max = 1000000}, s.masks);
    field({.name = "cells", .help = "rise: cells of a mask along each side", .min = 1, .max = 1024}, s.cells);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
  }
};

}  // namespace microtome
