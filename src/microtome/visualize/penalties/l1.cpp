// SPDX-License-Identifier: Apache-2.0
// The sum over pixels and channels of |x - centre|, mean over the pictures (Lucid's "L1").
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::penalties {
namespace {

struct L1Settings {
  double centre = 0.5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "centre", .help = "Value that costs nothing", .min = 0, .max = 1}, s.centre);
  }
};

at::Tensor l1_cost(const L1Settings& s, const View& view) {
  return (view.picture() - s.centre).abs().sum() / view.picture().size(0);
}

Objective make_l1(const Call& call, const ObjectiveContext&) { return of_picture(call, l1_cost); }

}  // namespace

extern const ObjectiveKind l1;
const ObjectiveKind l1 = {"l1", "Distance of the pixels from grey: the sum of absolute differences",
                          default_fields<L1Settings>, make_l1};

}  // namespace microtome::penalties
