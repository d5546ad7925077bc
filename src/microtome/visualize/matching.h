// SPDX-License-Identifier: Apache-2.0
// Likeness of activations, for objectives that follow a vector or the activations of a picture.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "microtome/visualize/objective.h"

namespace microtome {

// dot * max(0.1, cosine)^power, with cosine = dot / (norm_a + eps) / (norm_b + eps); the dot product alone for power 0.
at::Tensor weighed_dot(const at::Tensor& dot, const at::Tensor& norm_a, const at::Tensor& norm_b, double power,
                       double eps);

// Activations [1,C,H,W] or [1,F] of the picture in `file` at a layer: the whole picture scaled to the context's input,
// without transforms. Throws Error(kUsage) when no file is given, and what reading it throws.
at::Tensor activations_of(const std::string& file, const Layer& layer, const ObjectiveContext& context,
                          const Call& call);

// A target of activations_of() as objectives compare it with a tap: of the tap's type and, where the ascent runs at
// another size, scaled to its map (antialiased bilinear).
at::Tensor fitted(const at::Tensor& target, const at::Tensor& tap);

// [N,C,H,W] or [N,F] with all positions on one axis: [N,C,P].
at::Tensor positions(const at::Tensor& tap);
// Gram matrices [N,C,C]: sums over positions of products of units.
at::Tensor grams(const at::Tensor& tap);

}  // namespace microtome
