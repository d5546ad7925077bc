// SPDX-License-Identifier: Apache-2.0
// All that moves a rendered picture, declared once and free of torch, so that the command line can name it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/base/field.h"

namespace microtome {

// Defaults are Lucid's recipe (docs/numerics.md).
struct RenderSettings {
  int64_t size = 0;  // side of the picture, px; 0 = the network's input side up to 128
  int64_t steps = 512;
  double lr = 0;  // 0 = the parametrization's own
  std::string parametrization = "fft";
  std::string transforms = "lucid";  // a preset, or a list "pad/jitter(pixels=8)"
  int64_t copies = 1;                // moved copies of a picture that the network sees in a step
  std::string start;                 // picture file to start from; empty = noise
  int64_t starts = 1;                // best of so many, by held-out score
  int64_t patience = 0;              // steps without progress that end the ascent; 0 = never early
  std::vector<int64_t> grow;         // sides of the coarser pictures that come first
  std::vector<int64_t> frames;       // steps whose pictures are kept
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "size",
           .help = "Side of the picture in pixels; 0 = the network's input side, at most 128",
           .min = 0,
           .max = 2048},
          s.size);
    field({.name = "steps", .help = "Updates of the ascent", .min = 1, .max = 1000000}, s.steps);
    field({.name = "lr", .help = "Step size; 0 = the parametrization's own (0.05 for fft)", .min = 0, .max = 100},
          s.lr);
    field({.name = "parametrization", .help = "What is optimized: see microtome list"}, s.parametrization);
    field({.name = "transforms", .help = "A preset or a list of transforms: see microtome list"}, s.transforms);
    field({.name = "copies",
           .help = "Copies of a picture, moved independently, that the network sees in each step",
           .min = 1,
           .max = 1024},
          s.copies);
    field({.name = "start", .help = "Picture file that the ascent starts from, instead of noise", .role = Role::kFile},
          s.start);
    field({.name = "starts",
           .help = "Ascents from so many starts, of which the best by held-out score is kept",
           .min = 1,
           .max = 100},
          s.starts);
    field({.name = "patience",
           .help =
               "Stop when the objective, a mean over a tenth of so many steps, has risen by less than a thousandth of "
               "its whole rise for so many steps; 0 = never",
           .min = 0,
           .max = 1000000},
          s.patience);
    field({.name = "grow",
           .help = "Sides of coarser pictures to begin with, rising: 32,64; steps are shared equally",
           .min = 8,
           .max = 2048},
          s.grow);
    field({.name = "frames", .help = "Steps whose pictures are kept as frames: 1,8,64", .min = 0, .max = 1000000},
          s.frames);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
  }
};

}  // namespace microtome
