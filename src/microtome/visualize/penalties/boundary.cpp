// SPDX-License-Identifier: Apache-2.0
// Keeps the border of the picture smooth and grey (Lucid's "penalize_boundary_complexity"): the sum over the border of
// (blur(x) - x)^2 + 0.8 (x - 0.5)^2, mean over the pictures. Kernel of the blur 5 x 5: 0.5 on its outer ring, 1 inside.
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"
#include "microtome/visualize/smooth.h"

namespace microtome::penalties {
namespace {

struct BoundarySettings {
  int64_t width = 20;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "width",
           .help = "Width of the border in pixels; half the side or more = all of the picture",
           .min = 1,
           .max = 2048},
          s.width);
  }
};

constexpr double kGreyWeight = 0.8, kGrey = 0.5;

at::Tensor boundary_cost(const BoundarySettings& s, const View& view) {
  const at::Tensor& x = view.picture();
  const at::Tensor boundary_cost = (smoothed(x, 5) - x).square() + kGreyWeight * (x - kGrey).square();
  const int64_t height = x.size(2) - 2 * s.width, width = x.size(3) - 2 * s.width;
  at::Tensor total = boundary_cost.sum();
  if (height > 0 && width > 0) total = total - boundary_cost.narrow(2, s.width, height).narrow(3, s.width, width).sum();
  return total / x.size(0);
}

Objective make_boundary(const Call& call, const ObjectiveContext&) { return of_picture(call, boundary_cost); }

}  // namespace

extern const ObjectiveKind boundary;
const ObjectiveKind boundary = {"boundary", "Detail and colour in the border of the picture",
                                default_fields<BoundarySettings>, make_boundary};

}  // namespace microtome::penalties
