// SPDX-License-Identifier: Apache-2.0
// What a network says a picture shows.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/eye.h"
#include "microtome/network/ops/operator.h"

namespace microtome {

struct Guess {
  int64_t index = 0;  // of the class
  double probability = 0;
};

// Runs the whole network on pictures. Thread-safe.
class Classifier {
 public:
  // `preprocessing.side` 0 means the network's own. Throws Error(kUnsupported) unless the network takes pictures of 1
  // or 3 channels and its first output is one number a class, or a map of these [C,h,w], Error(kUsage) when the side
  // does not fit.
  // `scales_all`: pictures of the network's size are scaled and cropped like all others.
  Classifier(const Network& network, Preprocessing preprocessing, bool scales_all = false);

  // A picture of exactly the network's size is taken as it is. Of others the short side is scaled to
  // preprocessing.resize_short (0 = side * 256 / 224) and the centre cropped; where that is
  // no whole number, the centre that remains is cut out first and then scaled. A network whose input is not square gets
  // the whole picture scaled. Probabilities sum to 1: a softmax follows unless the network ends in one. Throws
  // Error(kUsage) when the crop is larger than the scaled picture, Error(kUnsupported) naming the first bad layer when
  // what the network gives is not finite.
  // Of a network that classifies positions (segmentation): the share of the positions at which each class is the
  // likeliest, the first of equals; of a map of one class the share where it is likelier than not.
  std::vector<float> probabilities(const Image& image) const;
  // Whether those are shares of positions.
  bool by_position() const { return positions_ > 1; }
  // What of the picture probabilities() looks at: [1,C,H,W] in 0..1, and the network's input of it.
  at::Tensor pixels(const Image& image) const;
  at::Tensor input(const Image& image) const { return normalize(pixels(image), eye_.preprocessing()); }

 private:
  Network network_;
  Eye eye_;
  int64_t classes_ = 0, positions_ = 1;
  int height_ = 0, width_ = 0;
  bool scales_all_ = false;
  OutputScale ending_ = OutputScale::kAny;  // of the output
};

// The `count` likeliest classes, likeliest first; ties by index. All of them when there are fewer.
std::vector<Guess> likeliest(std::span<const float> probabilities, int count);

}  // namespace microtome
