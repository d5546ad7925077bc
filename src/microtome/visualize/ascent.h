// SPDX-License-Identifier: Apache-2.0
// The loop that joins objective, parametrization, transforms and network into a picture.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "microtome/network/executor.h"
#include "microtome/network/preprocessing.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/render.h"
#include "microtome/visualize/transform.h"

namespace microtome {

// Everything an ascent is a function of. References outlive the call.
struct Ascent {
  const Executor& executor;                     // taps: the objective's layers, in its order
  std::function<const Executor&()> redirected;  // the same over redirect_dead_relus(); asked only when needed
  const Objective& objective;
  const Parametrization& parametrization;
  const TransformList& transforms;
  const Preprocessing& preprocessing;
  std::array<int64_t, 2> window;  // height and width of the network's input
  int64_t steps;
  double lr;
  uint64_t seed;
  uint64_t key;
};

// `steps` updates of Adam (adam.h) on the parametrization. At each one: draw the transforms from Rng(seed, "transform",
// key, step), resample, normalize, run to the taps, differentiate the objective as far as the taps, pull back.
//
// A gradient that is exactly zero at the input (dead rectifiers on an almost grey picture) is taken once more from the
// redirected network, at most 16 steps in a row (Lucid's count). If no step ever had a gradient of its own by then, the
// ascent starts again, once, from a picture of ten times the contrast; if that stays dead too, started = false and the
// picture is the first start image.
//
// Pure and thread-safe; runs in the calling thread. Throws Error(kCancelled) between steps when a stop was asked for,
// and what the executor, the objective and Adam throw.
Picture ascend(const Ascent& ascent);

// Activation of the target unit on a stored picture: the mean over 16 placements drawn from Rng(seed, "held-out", key,
// i) of the maximum over positions, of the negated unit for a negative sign. Without transforms, of the picture as it
// is. NaN when the objective has no target.
double held_out_activation(const Ascent& ascent, const Image& picture);
// The same for the picture unmoved.
double plain_activation(const Ascent& ascent, const Image& picture);

// A picture [1,C,S,S] in 0..1 rounded to 8 bits, and back.
Image to_image(const at::Tensor& picture);
at::Tensor from_image(const Image& image);

}  // namespace microtome
