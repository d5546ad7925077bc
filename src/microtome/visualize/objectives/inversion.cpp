// SPDX-License-Identifier: Apache-2.0
// What a layer keeps of a picture: minus the squared distance of activations, over the squared norm of the picture's;
// mean over the pictures.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

// A picture that leaves the whole layer at 0 has nothing to be matched.
at::Tensor no_silence(const at::Tensor& wanted, const Call& call) {
  if (wanted.square().sum().item<double>() > 0) return wanted;
  throw Error(ErrorKind::kUsage, call.where_of("image"), "the layer is silent on the picture", "choose another layer");
}

at::Tensor inversion_formula(const ImageSettings&, const at::Tensor& tap, const at::Tensor& picture) {
  const at::Tensor wanted = fitted(picture, tap);
  return -(tap - wanted).square().sum() / wanted.square().sum() / tap.size(0);
}

Objective make_inversion(const Call& call, const ObjectiveContext& context) {
  return after_image(call, context, inversion_formula, no_silence);
}

}  // namespace

extern const ObjectiveKind inversion;
const ObjectiveKind inversion = {"inversion", "What a layer keeps of a picture: minus the distance of activations",
                                 default_fields<ImageSettings>, make_inversion, "layer"};

}  // namespace microtome::objectives
