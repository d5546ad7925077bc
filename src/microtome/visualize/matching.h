// SPDX-License-Identifier: Apache-2.0
// Likeness of activations, for kinds that follow a vector or the activations of an image.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "microtome/visualize/objective_kind.h"

namespace microtome {

// Settings of kinds that follow an image, and of those that weigh by a cosine.
struct ImageSettings : LayerSettings {
  std::string image;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    LayerSettings::fields(s, field);
    field({.name = "image", .help = "Picture file; must be given"}, s.image);
  }
};
inline constexpr Field kPowerField = {.name = "power",
                                      .help =
                                          "Power of the cosine that weighs the dot product; 0 = the dot product "
                                          "alone",
                                      .min = 0,
                                      .max = 16};

// dot * max(0.1, cosine)^power, with cosine = dot / (norm_a + eps) / (norm_b + eps); the dot product alone for power 0.
at::Tensor weighed_dot(const at::Tensor& dot, const at::Tensor& norm_a, const at::Tensor& norm_b, double power,
                       double eps);

// Of what a call's image is at a layer: ImageTargets::activations(); undefined when the size of the input is not known.
// Throws Error(kUsage) when no file is given, and what reading it throws.
at::Tensor image_target(const ImageSettings& settings, const Call& call, const ObjectiveContext& context);

// A target of image_target() as objectives compare it with a tap: of the tap's type and, where the ascent runs at
// another size, scaled to its map (antialiased bilinear).
at::Tensor fitted(const at::Tensor& target, const at::Tensor& tap);

// The frame of kinds that follow an image: `formula` gets the layer's tap and the image's activations there, which
// `prepare` has looked at first.
template <class Settings>
using MatchingFormula = at::Tensor (*)(const Settings& settings, const at::Tensor& tap, const at::Tensor& wanted);
template <class Settings>
Objective after_image(const Call& call, const ObjectiveContext& context, MatchingFormula<Settings> formula,
                      at::Tensor (*prepare)(const at::Tensor& activations, const Call& call) = nullptr) {
  const auto settings = read_layer_settings<Settings>(call, context);
  at::Tensor wanted = image_target(settings, call, context);
  if (prepare && wanted.defined()) wanted = prepare(wanted, call);
  Objective objective;
  objective.reads = {.layers = {{settings.layer}}, .files = {settings.image}, .image = true};
  objective.text = call_text(call.name, settings);
  objective.score = [settings, wanted, formula](const View& view) {
    return formula(settings, view.layer(settings.layer), wanted);
  };
  return objective;
}

// [N,C,H,W] or [N,F] with all positions on one axis: [N,C,P].
at::Tensor positions(const at::Tensor& tap);
// Gram matrices [N,C,C]: sums over positions of products of units.
at::Tensor grams(const at::Tensor& tap);

}  // namespace microtome
