// SPDX-License-Identifier: Apache-2.0
// How a unit is traced back to the pixels of an image; free of torch, so that the command line can name it.
#pragma once
#include <string>

#include "microtome/base/field.h"

namespace microtome {

struct TraceSettings {
  std::string method = "guided";
  std::string sign = "+";
  double saturated = 0.001;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "method",
           .help = "guided (rectifiers pass positive gradients where they are open), deconvolution (positive gradients "
                   "whatever their input) or gradient (plain)",
           .choices = "guided|deconvolution|gradient"},
          s.method);
    field({.name = "sign",
           .help = "+ traces the unit's highest position, - its lowest (before the rectifier)",
           .choices = "+|-"},
          s.sign);
    field({.name = "saturated",
           .help = "Share of the gradients, of those not zero, that is drawn in full colour",
           .min = 0,
           .max = 0.5},
          s.saturated);
  }
};

}  // namespace microtome
