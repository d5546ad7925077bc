// SPDX-License-Identifier: Apache-2.0
// Feature visualization: the input that drives a unit most (or least), found by gradient ascent.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "microtome/base/params.h"
#include "microtome/image/image.h"
#include "microtome/network/network.h"

namespace microtome {

// All that moves a picture; defaults are Lucid's recipe (feature-visualization report 2.1).
struct RenderSettings {
  int64_t size = 0;      // side of the picture, px; 0 = the network's input side up to 128
  int64_t steps = 512;
  double lr = 0.05;
  std::string parametrization = "fft";
  std::string transforms = "lucid";  // a preset, or a list "pad(pixels=12)/jitter(pixels=8)"
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "size", .help = "Side of the picture in pixels; 0 = the network's input side, at most 128", .min = 0, .max = 2048}, s.size);
    field({.name = "steps", .help = "Updates of the ascent", .min = 1, .max = 1000000}, s.steps);
    field({.name = "lr", .help = "Step size of Adam", .min = 1e-9, .max = 100}, s.lr);
    field({.name = "parametrization", .help = "What is optimized: see microtome list"}, s.parametrization);
    field({.name = "transforms", .help = "A preset or a list of transforms: see microtome list"}, s.transforms);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
  }
};

// A finished ascent.
struct Picture {
  Image image;
  std::vector<float> curve;    // the objective at each step, on the transformed input
  // Of the stored 8-bit picture, decoded again: mean over 16 held-out transforms (other draws than any step's) of the
  // maximum over positions of the target unit (of its negative for a negative sign); NaN when the objective has no unit.
  double activation = 0;
  int64_t redirected_steps = 0;  // steps in which a dead gradient was redirected
  bool started = true;           // false: the gradient stayed zero; the picture is then the start image
};

// One network cut to the layers that its objectives read. Immutable; render() may be called from several threads, one
// picture each. A picture is a function of (network, objective, settings, key) alone: not of what is rendered beside it.
class Renderer {
 public:
  Renderer(const Network& network, const Preprocessing& preprocessing, RenderSettings settings);
  ~Renderer();

  // objective: "channel(layer=conv5,unit=12)", "-neuron(...)", "logit(unit=3)", "direction(...)"; see objective.h.
  // `key` separates variants: their start images and transforms differ. Throws Error(kUsage) with the column of a mistake.
  Picture render(const std::string& objective, uint64_t key) const;

  // Side of the pictures in pixels.
  int64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
