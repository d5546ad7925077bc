// SPDX-License-Identifier: Apache-2.0
// All that moves a rendered picture, declared once and free of torch, so that the command line can name it.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/params.h"

namespace microtome {

// Defaults are Lucid's recipe (feature-visualization report 2.1).
struct RenderSettings {
  int64_t size = 0;  // side of the picture, px; 0 = the network's input side up to 128
  int64_t steps = 512;
  double lr = 0.05;
  std::string parametrization = "fft";
  std::string transforms = "lucid";  // a preset, or a list "pad/jitter(pixels=8)"
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "size",
           .help = "Side of the picture in pixels; 0 = the network's input side, at most 128",
           .min = 0,
           .max = 2048},
          s.size);
    field({.name = "steps", .help = "Updates of the ascent", .min = 1, .max = 1000000}, s.steps);
    field({.name = "lr", .help = "Step size of Adam", .min = 1e-9, .max = 100}, s.lr);
    field({.name = "parametrization", .help = "What is optimized: see microtome list"}, s.parametrization);
    field({.name = "transforms", .help = "A preset or a list of transforms: see microtome list"}, s.transforms);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
  }
};

}  // namespace microtome
