// SPDX-License-Identifier: Apache-2.0
// Units of a layer set to other values: what a network says then.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/behind.h"

namespace microtome {

// value [1,C,...] with these channels set to levels[channel] everywhere.
at::Tensor with_channels(const at::Tensor& value, std::span<const int64_t> channels, std::span<const float> levels);

// What channels of a layer usually are, over images. Each image has its place, so that it does not matter which is
// looked at first; several threads may add different ones.
class ChannelLevels {
 public:
  explicit ChannelLevels(size_t images) : sums_(images), maxima_(images), positions_(images, 0) {}
  // The layer on one image, [1,C,...].
  void add(size_t image, const at::Tensor& value);
  // Means over all positions of all images that were added; there is one at least.
  std::vector<float> means() const;
  // The level that one in a hundred of these images exceed somewhere: the 99th percentile of their maxima.
  std::vector<float> high() const;

 private:
  std::vector<std::vector<double>> sums_;  // over positions, by image; empty: not added
  std::vector<std::vector<float>> maxima_;
  std::vector<int64_t> positions_;
};

// `count` groups of `size` channels out of `channels`, none of `excluded`; a group's are rising and different. Draws of
// Rng(seed, "random units", group). Throws Error(kUsage) when there are not so many others.
std::vector<std::vector<int64_t>> random_groups(int64_t channels, std::span<const int64_t> excluded, size_t size,
                                                int64_t count, uint64_t seed);

}  // namespace microtome
