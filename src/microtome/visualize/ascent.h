// SPDX-License-Identifier: Apache-2.0
// The loop that joins objective, parametrization, transforms and network into pictures.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "microtome/network/preprocessing.h"
#include "microtome/visualize/input_form.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/picture.h"
#include "microtome/visualize/prefix.h"
#include "microtome/visualize/settings.h"
#include "microtome/visualize/transform.h"

namespace microtome {

// A canvas and the prefix that sees it; an ascent goes from the coarsest stage to the last.
struct Stage {
  Canvas canvas;
  std::unique_ptr<Parametrization> parametrization;
  std::shared_ptr<const Prefix> prefix;
  int64_t steps;
};

// Everything an ascent is a function of. References outlive the call.
struct Ascent {
  const Objective& objective;
  std::span<const Stage> stages;  // at least one; canvases of one count
  const TransformList& transforms;
  const Preprocessing& preprocessing;
  const RenderSettings& settings;
  std::span<const uint64_t> keys;   // one for each picture of the canvas
  std::optional<at::Tensor> start;  // a picture [1,C,H,W] of the first canvas' size, instead of noise; for kinds that
                                    // start from pictures
  InputForm form = InputForm::kPicture;
};

// Updates of the parametrization by its step rule (Adam for most). At each one: draw the transforms from Rng(seed,
// "transform", key, step), resample, normalize, run to the taps, differentiate the objective as far as the taps, pull
// back; add what the objective reads of the picture itself. A picture with opacity lies on a random background of its
// own in each step.
//
// A gradient of a picture that is exactly zero at the input (dead rectifiers on an almost grey picture) is taken once
// more from the redirected network, at most 16 steps in a row (Lucid's count). If no step ever had a gradient of its
// own by then, the ascent starts again from noise of ten times the contrast; if that stays dead too, from the first of
// the dotted pictures (dots.h) that has a gradient; if none has, or the parametrization cannot start from a picture,
// started = false and the pictures are the first start images. Measures are left at 0.
//
// Pure and thread-safe; runs in the calling thread. Throws Error(kCancelled) between steps when a stop was asked for,
// and what the executor, the objective and the step rule throw.
std::vector<Picture> ascend(const Ascent& ascent);

// The network's input for pictures [N,C,H,W] (with opacity [N,1,H,W] when defined) as one step sees it, differentiable.
// background: key for each picture and step of the random background.
at::Tensor network_input(const at::Tensor& picture, const at::Tensor& alpha, std::span<const Draw> draws,
                         const Aperture& aperture, const Preprocessing& preprocessing, Rng background);

// Pictures [1,C,H,W] in 0..1 (and opacity [1,1,H,W]) rounded to 8 bits, and back; a fourth channel is opacity, and grey
// pictures that have it are stored in colour.
Image to_image(const at::Tensor& picture, const at::Tensor& alpha = {});
at::Tensor from_image(const Image& image);
// What is measured of a picture, [1,C,H,W] in 0..1 (and its opacity as one more channel): its values, else its image.
at::Tensor stored_values(const Picture& picture);

}  // namespace microtome
