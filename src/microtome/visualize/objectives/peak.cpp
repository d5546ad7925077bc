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
    field({.name = "lowest", .help = "Where it answers least"}, s.lowest);
  }
};

// The first position in rows on ties; its gradient alone.
at::Tensor peak_formula(const PeakSettings& s, const View& view) {
  const at::Tensor map = view.unit(s.layer, s.unit).flatten(1);
  const at::Tensor place = s.lowest ? map.argmin(1, true) : map.argmax(1, true);
  return map.gather(1, place).mean();
}

Objective make_peak(const Call& call, const ObjectiveContext& context) {
  return of_unit(call, read_layer_settings<PeakSettings>(call, context), peak_formula);
}

}  // namespace

extern const ObjectiveKind peak;
const ObjectiveKind peak = {"peak", "One unit where it answers most, wherever that is", default_fields<PeakSettings>,
                            make_peak, "layer:unit"};

}  // namespace microtome::objectives
