// SPDX-License-Identifier: Apache-2.0
// Total variation: the sum over pixels and channels of |difference to the right neighbour| + |to the lower one|, mean
// over the pictures (Lucid's "total_variation").
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::penalties {
namespace {

at::Tensor tv_cost(const NoSettings&, const View& view) {
  const at::Tensor& picture = view.picture();
  const at::Tensor total = picture.diff(1, 3).abs().sum() + picture.diff(1, 2).abs().sum();
  return total / picture.size(0);
}

Objective make_tv(const Call& call, const ObjectiveContext&) { return of_picture(call, tv_cost); }

}  // namespace

extern const ObjectiveKind tv;
const ObjectiveKind tv = {"tv", "Total variation: differences between neighbouring pixels", default_fields<NoSettings>,
                          make_tv};

}  // namespace microtome::penalties
