// SPDX-License-Identifier: Apache-2.0
// How an adversarial example is looked for; free of torch, so that the command line can name it.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/field.h"

namespace microtome {

struct AttackSettings {
  std::string method = "pgd";
  std::string norm = "linf";
  std::string eps = "8/255";
  int64_t steps = 0;
  double step = 0;
  int64_t restarts = 1;
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "method",
           .help = "fgsm (one step), bim (steps from the picture) or pgd (steps from somewhere within eps of it)",
           .choices = "pgd|bim|fgsm"},
          s.method);
    field({.name = "norm",
           .help = "What may change by eps: linf (each value of a pixel) or l2 (the root of the sum of squares)",
           .choices = "linf|l2"},
          s.norm);
    field({.name = "eps", .help = "How much may change, of a pixel's range 0..1: 0.03 or 8/255"}, s.eps);
    field({.name = "steps", .help = "Steps; 0 = the method's own: 1, 10, 40", .min = 0, .max = 1000000}, s.steps);
    field({.name = "step", .help = "Length of a step, of eps; 0 = 2.5 / steps (fgsm: 1)", .min = 0, .max = 1000},
          s.step);
    field({.name = "restarts", .help = "pgd: starts, of which the best is kept", .min = 1, .max = 10000}, s.restarts);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
  }
};

}  // namespace microtome
