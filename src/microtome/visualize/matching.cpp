// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/matching.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/visualize/image_targets.h"

namespace microtome {
namespace {

constexpr double kCosineFloor = 0.1;

}  // namespace

at::Tensor weighed_dot(const at::Tensor& dot, const at::Tensor& norm_a, const at::Tensor& norm_b, double power,
                       double eps) {
  if (power == 0) return dot;
  const at::Tensor cosine = dot / (norm_a + eps) / (norm_b + eps);
  return dot * cosine.clamp_min(kCosineFloor).pow(power);
}

at::Tensor image_target(const ImageSettings& settings, const Call& call, const ObjectiveContext& context) {
  if (settings.image.empty()) throw Error(ErrorKind::kUsage, call.where, "no picture is given", "add image=FILE");
  const Network& network = context.network;
  if (network.height() < 2) throw Error(ErrorKind::kUnsupported, call.where, "the network takes no pictures");
  if (context.height == 0) return {};
  if (context.images) return context.images->activations(settings.image, settings.layer, context.height, context.width);
  return ImageTargets(network, context.preprocessing)
      .activations(settings.image, settings.layer, context.height, context.width);
}

at::Tensor fitted(const at::Tensor& target, const at::Tensor& tap) {
  const at::Tensor typed = target.to(tap.scalar_type());
  if (typed.sizes().slice(1) == tap.sizes().slice(1)) return typed;
  if (tap.dim() != 4) {
    throw Error(ErrorKind::kUsage, "image", "the layer has another shape at this picture size",
                "make the picture in one stage");
  }
  return at::_upsample_bilinear2d_aa(typed, tap.sizes().slice(2), /*align_corners=*/false);
}

at::Tensor positions(const at::Tensor& tap) { return tap.reshape({tap.size(0), tap.size(1), -1}); }

at::Tensor grams(const at::Tensor& tap) {
  const at::Tensor flat = positions(tap);
  return at::bmm(flat, flat.transpose(1, 2));
}

}  // namespace microtome
