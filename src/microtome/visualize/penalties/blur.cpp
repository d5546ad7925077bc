// SPDX-License-Identifier: Apache-2.0
// Half the squared distance from the blurred picture, which counts as a constant: a step down is a step towards the
// blur (Lucid's "blur_input_each_step"). Kernel 3 x 3: 1 at the centre, 0.5 around it. Mean over the pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"
#include "microtome/visualize/smooth.h"

namespace microtome::penalties {
namespace {

at::Tensor blur_cost(const NoSettings&, const View& view) {
  const at::Tensor& picture = view.picture();
  return 0.5 * (picture - smoothed(picture.detach(), 3)).square().sum() / picture.size(0);
}

Objective make_blur(const Call& call, const ObjectiveContext&) { return of_picture(call, blur_cost); }

}  // namespace

extern const ObjectiveKind blur;
const ObjectiveKind blur = {"blur", "Distance of the picture from its own blur, as if blurred at each step",
                            default_fields<NoSettings>, make_blur};

}  // namespace microtome::penalties
