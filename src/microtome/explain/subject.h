// SPDX-License-Identifier: Apache-2.0
// What is explained: the value of an objective as a function of a picture's pixels.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/eye.h"
#include "microtome/visualize/objective.h"

namespace microtome {

// Immutable and thread-safe; copies share everything. Each call runs in the calling thread.
//
// Pictures are pixels [1,C,H,W] in 0..1, RGB or grey, at the network's own size: the same for all networks, whatever
// range and channel order they take. One picture at a time.
class Subject {
 public:
  // Parses the objective. Throws what parse_objective() throws, and Error(kUsage) for one that reads the picture itself
  // (a penalty) or compares pictures; Error(kUnsupported) for a network that takes no pictures.
  Subject(const Network& network, const Preprocessing& preprocessing, const std::string& objective);

  // The same question to a network of the same layers and values: another backward, other weights.
  Subject asked_of(const Network& network) const;

  const Network& network() const { return eye_.network(); }  // pruned to the layers that are read
  const Preprocessing& preprocessing() const { return eye_.preprocessing(); }
  const Objective& objective() const { return objective_; }
  // That the objective reads, in its order.
  const std::vector<std::string>& layers() const { return eye_.layers(); }

  // The whole image scaled to the network's input.
  at::Tensor pixels(const Image& image) const { return eye_.pixels(image); }
  // What the network takes for them.
  at::Tensor input(const at::Tensor& pixels) const;

  double value(const at::Tensor& pixels) const;
  // The objective given its layers, and its gradient at each of them (undefined: zero).
  struct Score {
    double value = 0;
    std::vector<at::Tensor> gradients;
  };
  Score score(std::span<const at::Tensor> taps) const;
  // The value and its gradient at the pixels.
  struct Slope {
    double value = 0;
    at::Tensor gradient;
  };
  Slope slope(const at::Tensor& pixels) const;

 private:
  Subject(const Network& network, const Preprocessing& preprocessing, Objective objective);
  at::Tensor score_of(const std::vector<at::Tensor>& taps) const;

  Eye eye_;
  Objective objective_;
};

// A picture without what is explained, to compare with: "zero" (the colour that is 0 to the network), "black", "white",
// "grey", or "blur", the picture itself blurred by a Gaussian of a tenth of its side. Throws Error(kUsage).
at::Tensor background(const Subject& subject, const at::Tensor& pixels, const std::string& kind);
inline constexpr std::string_view kBackgrounds = "zero|black|white|grey|blur";

}  // namespace microtome
