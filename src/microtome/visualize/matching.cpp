// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/matching.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/network/eye.h"

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

at::Tensor activations_of(const std::string& file, const Layer& layer, const ObjectiveContext& context,
                          const Call& call) {
  if (file.empty()) throw Error(ErrorKind::kUsage, call.where, "no picture is given", "add image=FILE");
  const at::NoGradGuard no_gradients;
  if (context.height < 2) throw Error(ErrorKind::kUnsupported, call.where, "the network takes no pictures");
  const Eye eye(context.network, context.preprocessing, {layer.name});
  return eye.look(eye.input(load_image(file), context.height, context.width))[0].clone();
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
