// SPDX-License-Identifier: Apache-2.0
// The mean opacity, for "objective*(1 - alpha)": what the objective does not need becomes a hole.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/visualize/objective_kind.h"

namespace microtome::penalties {
namespace {

at::Tensor alpha_cost(const NoSettings&, const View& view) {
  if (view.alpha().defined()) return view.alpha().mean();
  throw Error(ErrorKind::kUsage, "alpha", "the parametrization has no opacity",
              "choose one that has: see microtome list");
}

Objective make_alpha(const Call& call, const ObjectiveContext&) { return of_picture(call, alpha_cost); }

}  // namespace

extern const ObjectiveKind alpha;
const ObjectiveKind alpha = {"alpha", "Mean opacity of the picture, 0 to 1", default_fields<NoSettings>, make_alpha};

}  // namespace microtome::penalties
