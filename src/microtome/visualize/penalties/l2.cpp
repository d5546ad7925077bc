// SPDX-License-Identifier: Apache-2.0
// sqrt(1e-6 + the sum over pixels and channels of (x - centre)^2), mean over the pictures (Lucid's "L2").
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::penalties {
namespace {

struct L2Settings {
  double centre = 0.5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "centre", .help = "Value that costs nothing", .min = 0, .max = 1}, s.centre);
  }
};

constexpr double kL2SquareFloor = 1e-6;

at::Tensor l2_cost(const L2Settings& s, const View& view) {
  const at::Tensor squares = (view.picture() - s.centre).square().sum({1, 2, 3});
  return (squares + kL2SquareFloor).sqrt().mean();
}

Objective make_l2(const Call& call, const ObjectiveContext&) { return of_picture(call, l2_cost); }

}  // namespace

extern const ObjectiveKind l2;
const ObjectiveKind l2 = {"l2", "Distance of the pixels from grey: the root of the sum of squares",
                          default_fields<L2Settings>, make_l2};

}  // namespace microtome::penalties
