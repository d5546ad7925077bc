// SPDX-License-Identifier: Apache-2.0
// Feature visualization: the input that drives a unit most (or least), found by gradient ascent.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/network.h"
#include "microtome/visualize/settings.h"

namespace microtome {

// A finished ascent.
struct Picture {
  Image image;
  std::vector<float> curve;  // the objective at each step, on the transformed input
  // Of the stored 8-bit picture, decoded again: mean over 16 held-out transforms (other draws than any step's) of the
  // maximum over positions of the target unit (of its negative for a negative sign); NaN when the objective has no
  // unit.
  double activation = 0;
  double plain_activation = 0;   // the same of the picture unmoved
  int64_t redirected_steps = 0;  // steps in which a dead gradient was redirected
  bool started = true;           // false: the gradient stayed zero; the picture is then the start image
};

// One network cut to the layers that its objectives read. Immutable; render() may be called from several threads, one
// picture each, and runs in the calling thread. A picture is a function of (network, objective, settings, key) alone:
// not of what is rendered beside it.
class Renderer {
 public:
  // A network of free input size runs at the size of the picture; for any other the picture is resampled to its input,
  // in the same step as the transforms. Throws Error(kUsage) for settings that make no sense, Error(kUnsupported) when
  // the network does not take grey or RGB pictures.
  Renderer(const Network& network, const Preprocessing& preprocessing, RenderSettings settings);
  ~Renderer();

  // objective: "channel(layer=conv5,unit=12)", "-neuron(...)", "logit(unit=3)", "direction(...)"; see objective.h.
  // `key` separates variants: their start images and transforms differ. Throws Error(kUsage) with the column of a
  // mistake.
  Picture render(const std::string& objective, uint64_t key) const;

  // Side of the pictures in pixels.
  int64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
