// SPDX-License-Identifier: Apache-2.0
// Feature visualization: the input that drives a unit most (or least), found by gradient ascent.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/network.h"
#include "microtome/visualize/picture.h"
#include "microtome/visualize/settings.h"

namespace microtome {

struct Objective;

// One network cut to the layers that its objectives read. Rows [N,C,L] and vectors [N,F] are made as pictures one pixel
// high (with_input_maps), at the length that the network takes. Immutable; render() may be called from several threads,
// and runs in the calling thread. A picture is a function of (network, objective, settings, key) alone: not of what is
// rendered beside it, unless the objective compares pictures; those of one call are then made together.
class Renderer {
 public:
  // A network of free input size runs at the size of the picture; for any other the picture is resampled to its input,
  // in the same step as the transforms. Throws Error(kUsage) for settings that make no sense, also for what the network
  // takes, and Error(kUnsupported) as input_form() does.
  Renderer(const Network& network, const Preprocessing& preprocessing, RenderSettings settings);
  ~Renderer();

  // "channel(conv5:12)", "-neuron(...)", "logit(tabby) - 0.1*tv": see expression.h. At the size at which its layers
  // run; images that objectives follow are read once for all. Throws Error(kUsage) with the column of a mistake, also
  // when it does not go with the settings.
  Objective parse(const std::string& text) const;

  // objective: of parse(), also of another renderer of the same network, preprocessing and size. One picture for each
  // key: keys separate variants, whose start images and transforms differ. Throws Error(kUsage) when the objective
  // compares more pictures than there are keys.
  std::vector<Picture> render(const Objective& objective, std::span<const uint64_t> keys) const;
  // Of one text, and of one key.
  std::vector<Picture> render(const std::string& objective, std::span<const uint64_t> keys) const;
  Picture render(const std::string& objective, uint64_t key) const;

  // Side of the pictures in pixels; of rows and vectors their length.
  int64_t size() const;
  // Of finished pictures at the layer of the objective's target (quality.h); NaN without a target, or for fewer than
  // two.
  double diversity(const Objective& objective, std::span<const Image> pictures) const;
  // Throws what render() of so many pictures would, however late: computes the score of start images, once.
  void rehearse(const Objective& objective, int64_t pictures) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
