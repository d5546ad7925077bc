// SPDX-License-Identifier: Apache-2.0
// The activations of a picture at a layer, each where it is (Lucid's "direction" with a map for a vector): mean over
// positions of (a . v) * max(0.1, cos(a, v))^power, with 1e-4 added to both norms in the cosine.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

constexpr double kTensorNormFloor = 1e-4;

struct TensorSettings : ImageSettings {
  double power = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    ImageSettings::fields(s, field);
    field(kPowerField, s.power);
  }
};

at::Tensor tensor_formula(const TensorSettings& s, const at::Tensor& tap, const at::Tensor& wanted) {
  const at::Tensor a = positions(tap), v = positions(fitted(wanted, tap));
  return weighed_dot((a * v).sum(1), a.norm(2, 1), v.norm(2, 1), s.power, kTensorNormFloor).mean();
}

Objective make_tensor(const Call& call, const ObjectiveContext& context) {
  return after_image(call, context, tensor_formula);
}

}  // namespace

extern const ObjectiveKind tensor;
const ObjectiveKind tensor = {"tensor", "A picture's activations at a layer, position by position",
                              default_fields<TensorSettings>, make_tensor, "layer"};

}  // namespace microtome::objectives
