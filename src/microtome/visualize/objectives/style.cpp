// SPDX-License-Identifier: Apache-2.0
// The style of a picture: minus the mean absolute difference of Gram matrices, each divided by the number of positions,
// so that pictures of any size compare; mean over the pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

at::Tensor mean_grams(const at::Tensor& tap) { return grams(tap) / positions(tap).size(2); }

at::Tensor style_of(const at::Tensor& wanted, const Call&) { return mean_grams(wanted); }

at::Tensor style_formula(const ImageSettings&, const at::Tensor& tap, const at::Tensor& wanted) {
  const at::Tensor found = mean_grams(tap);
  return -(found - wanted.to(found.scalar_type())).abs().mean();
}

Objective make_style(const Call& call, const ObjectiveContext& context) {
  return after_image(call, context, style_formula, style_of);
}

}  // namespace

extern const ObjectiveKind style;
const ObjectiveKind style = {"style", "The style of a picture: minus the distance of Gram matrices at a layer",
                             default_fields<ImageSettings>, make_style, "layer"};

}  // namespace microtome::objectives
