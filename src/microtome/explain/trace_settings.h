// SPDX-License-Identifier: Apache-2.0
// How a unit is traced back to the pixels of an image; free of torch, so that the command line can name it.
#pragma once
#include <string>

#include "microtome/base/field.h"
#include "microtome/explain/attribution_settings.h"

namespace microtome {

struct TraceSettings : AttributionSettings {
  std::string method;
  double saturated = 0.001;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field(
        {.name = "method",
         .help = "How the value is handed back to the pixels: see microtome list (integrated for an objective, guided "
                 "for units when left out)"},
        s.method);
    field({.name = "saturated",
           .help = "Share of the values, of those not zero, that is drawn in full colour",
           .min = 0,
           .max = 0.5},
          s.saturated);
    AttributionSettings::fields(s, field);
  }
};

}  // namespace microtome
