// SPDX-License-Identifier: Apache-2.0
// One unit where it answers most, wherever that is.
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

struct PeakSettings : UnitSettings {
  bool lowest = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    UnitSettings::fields(s, field);
    field({.name = "lowest", .help = "Minus its value where it answers least"}, s.lowest);
  }
};

// The first position in rows on ties; its gradient alone.
at::Tensor peak_formula(const PeakSettings& s, const View& view) {
  at::Tensor map = view.unit(s.layer, s.unit);
  map = map.reshape({map.size(0), -1});
  if (s.lowest) map = -map;
  return map.gather(1, map.argmax(1, true)).mean();
}

Objective make_peak(const Call& call, const ObjectiveContext& context) {
  return of_unit(call, read_layer_settings<PeakSettings>(call, context), peak_formula);
}

}  // namespace

extern const ObjectiveKind peak;
const ObjectiveKind peak = {"peak", "One unit where it answers most, wherever that is", default_fields<PeakSettings>,
                            make_peak, "layer:unit"};

}  // namespace microtome::objectives
