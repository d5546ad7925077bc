// SPDX-License-Identifier: Apache-2.0
// Feature visualization: the input that drives a unit most (or least), found by gradient ascent.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/network.h"
#include "microtome/visualize/settings.h"

namespace microtome {

class Objective;

// The picture as it was after so many updates.
struct Frame {
  int64_t step = 0;
  Image image;
};

// A finished ascent.
struct Picture {
  Image image;  // 1, 3 or, with opacity, 4 channels
  // Of inputs that are no pictures: [C,H,W] in 0..1, of which the image and the frames are drawings (input_form.h) and
  // on which all measures are taken instead of the stored 8-bit picture. Empty for pictures.
  std::vector<float> values;
  std::array<int64_t, 3> shape{};  // C, H, W: of values
  std::vector<float> curve;   // the objective at each step, on the transformed input; of all pictures made together
  std::vector<Frame> frames;  // at the steps asked for, rising
  // Of the stored 8-bit picture, decoded again: mean over 16 held-out transforms (other draws than any step's) of the
  // maximum over positions of the target unit (of its negative for a negative sign); NaN when the objective has no
  // unit.
  double activation = 0;
  double plain_activation = 0;  // the same of the picture unmoved
  double score = 0;             // the objective itself of the stored picture (of all made together), held out as above
  // Of every unit of the target's layer, on the picture unmoved: its maximum over positions (of the negated units for a
  // negative sign). Empty without a target.
  std::vector<float> maxima;
  double rank = 0;               // of the target among them: 1 = the largest; NaN without a target
  double spectrum_slope = 0;     // quality.h; NaN for inputs that are no pictures
  int64_t redirected_steps = 0;  // steps in which a dead gradient was redirected
  int64_t start = 0;             // which of the starts it came from
  bool plateau = false;          // the ascent ended before its last step
  bool started = true;           // false: the gradient stayed zero; the picture is then the start image
};

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

  // objective: "channel(conv5:12)", "-neuron(...)", "logit(tabby) - 0.1*tv"; see objective.h. One picture for each key:
  // keys separate variants, whose start images and transforms differ. Throws Error(kUsage) with the column of a
  // mistake, and when the objective compares more pictures than there are keys.
  std::vector<Picture> render(const std::string& objective, std::span<const uint64_t> keys) const;
  // Of one key.
  Picture render(const std::string& objective, uint64_t key) const;

  // Side of the pictures in pixels; of rows and vectors their length.
  int64_t size() const;
  // Of finished pictures at the layer of the objective's target (quality.h); NaN without a target, or for fewer than
  // two.
  double diversity(const std::string& objective, std::span<const Image> pictures) const;
  // The objective at the size at which its layers run. Throws Error(kUsage) also when it does not go with the settings.
  std::unique_ptr<Objective> parse(const std::string& objective) const;
  // Throws what render() of so many pictures would, however late: computes the score of start images, once.
  void rehearse(const std::string& objective, int64_t pictures) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
