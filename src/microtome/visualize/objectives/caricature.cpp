// SPDX-License-Identifier: Apache-2.0
// A picture's activations, exaggerated (Lucid's caricature, over the norm of the picture's activations as well): for
// each picture (a . v) * max(0.1, cos(a, v))^power over the whole layer, with 1e-6 added to both norms; mean over the
// pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

constexpr double kCaricatureNormFloor = 1e-6;

struct CaricatureSettings : ImageSettings {
  double power = 1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    ImageSettings::fields(s, field);
    field(kPowerField, s.power);
  }
};

at::Tensor caricature_formula(const CaricatureSettings& s, const at::Tensor& tap, const at::Tensor& wanted) {
  const at::Tensor a = tap.reshape({tap.size(0), -1}), v = fitted(wanted, tap).reshape({1, -1});
  return weighed_dot((a * v).sum(1), a.norm(2, 1), v.norm(2, 1), s.power, kCaricatureNormFloor).mean();
}

Objective make_caricature(const Call& call, const ObjectiveContext& context) {
  return after_image(call, context, caricature_formula);
}

}  // namespace

extern const ObjectiveKind caricature;
const ObjectiveKind caricature = {"caricature", "A picture exaggerated: its activations at a layer, as a whole",
                                  default_fields<CaricatureSettings>, make_caricature, "layer"};

}  // namespace microtome::objectives
