// SPDX-License-Identifier: Apache-2.0
// How a photo is changed by a dream; free of torch, so that the command line can name it.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/field.h"

namespace microtome {

// Defaults are DeepDream's (Mordvintsev, Olah and Tyka 2015; docs/numerics.md).
struct DreamSettings {
  std::string objective = "mean-square";
  int64_t octaves = 4;
  double octave_scale = 1.4;
  int64_t steps = 10;
  double lr = 1.5;
  int64_t jitter = 32;
  int64_t size = 0;
  int64_t tile = 0;
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "objective",
           .help = "What of the layer is raised: mean-square (more of what is there) or mean",
           .choices = "mean-square|mean"},
          s.objective);
    field({.name = "octaves", .help = "Sizes of the photo, from small to its own", .min = 1, .max = 32}, s.octaves);
    field({.name = "octave-scale", .help = "From one size to the next", .min = 1.01, .max = 8}, s.octave_scale);
    field({.name = "steps", .help = "Steps at each size", .min = 1, .max = 100000}, s.steps);
    field({.name = "lr", .help = "Mean change of a pixel in a step, in grey levels of 255", .min = 1e-9, .max = 255},
          s.lr);
    field({.name = "jitter",
           .help = "Pixels that the photo is rolled by at most, around its edges, before each step",
           .min = 0,
           .max = 4096},
          s.jitter);
    field({.name = "size", .help = "Long side of the result in pixels; 0 = the photo's", .min = 0, .max = 16384},
          s.size);
    field({.name = "tile",
           .help = "Side of the tiles that a step looks at one by one, to save memory and to use more threads; 0 = the "
                   "whole photo, where the network takes any size",
           .min = 0,
           .max = 16384},
          s.tile);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
  }
};

}  // namespace microtome
