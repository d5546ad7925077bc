// SPDX-License-Identifier: Apache-2.0
// Pictures that stay near one: what an adversarial example is looked for among.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "microtome/visualize/parametrization.h"

namespace microtome {

// Pixels x in 0..1 with |x - centre| <= eps, by the largest difference of a value ("linf") or by the root of the sum of
// squares ("l2") of a picture; in units of the whole range of a pixel.
struct BallSettings {
  std::string norm = "linf";
  double eps = 8.0 / 255;
  bool random = true;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "norm", .help = "linf (of each pixel) or l2 (of the picture)", .choices = "linf|l2"}, s.norm);
    field({.name = "eps", .help = "How far they may go, of a pixel's range", .min = 0, .max = 1000}, s.eps);
    field({.name = "random", .help = "Start anywhere in the ball, not at its centre"}, s.random);
  }
};

// centre [1,C,H,W] in 0..1. Steps go by the sign of the gradient (linf) or along it (l2) and are projected back: into
// the ball, then into 0..1. Pictures start at the centre plus, if random, numbers drawn evenly from +-eps (linf), or a
// direction of normal numbers of a length drawn evenly from 0..eps (l2). Throws Error(kUsage) on another norm.
std::unique_ptr<Parametrization> make_ball(at::Tensor centre, BallSettings settings);

}  // namespace microtome
