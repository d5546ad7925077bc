// SPDX-License-Identifier: Apache-2.0
// DeepDream: a photo changed so that a layer answers more to what it already sees in it.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/image/image.h"
#include "microtome/network/network.h"
#include "microtome/visualize/dream_settings.h"

namespace microtome {

// Whose dream of what. References outlive the call.
struct DreamTask {
  const Network& network;
  const Preprocessing& preprocessing;
  std::string layer;
  std::vector<int64_t> units;  // of the layer; empty = all
  Image guide;                 // empty = none; else its features at the layer are what the photo is drawn to
  DreamSettings settings;
  int threads = 1;  // work on tiles; moves no number
};

struct DreamPicture {
  Image image;
  std::vector<float> curve;  // the objective before each step, mean over positions (and units)
  bool started = true;       // false: no step had a gradient, the picture is the photo
};

// From the smallest size of the photo to its own: the photo of that size plus the detail that came before, scaled up;
// then `steps` times: roll by a draw of Rng(seed, "dream", octave, step), x += lr g / mean|g|, roll back, clip to the
// range of pixels. So the photo is never lost, and detail of every size grows on it.
//
// Networks that take any size up to the layer see the whole octave; others, and all with settings.tile, see it in tiles
// that cover it, overlapping where they must; gradients of overlaps are averaged. The grid of tiles is moved at each
// step by a draw over a whole tile, so that its seams leave no trace.
//
// `frame`, when given, gets the photo with the detail so far, in the final size, after each step. Progress is counted
// in thousands of pixels. Deterministic. Throws Error(kUsage) when an octave is smaller than the network can take, and
// on settings that make no sense; Error(kCancelled) between steps.
DreamPicture dream(const Image& photo, const DreamTask& task, Reporter& reporter,
                   const std::function<void(int64_t number, const Image& picture)>& frame = {});

}  // namespace microtome
