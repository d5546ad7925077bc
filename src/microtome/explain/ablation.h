// SPDX-License-Identifier: Apache-2.0
// Units of a layer set to other values: what a network says then.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/behind.h"

namespace microtome {

// value [1,C,...] with these channels set to levels[channel] everywhere.
at::Tensor with_channels(const at::Tensor& value, std::span<const int64_t> channels, std::span<const float> levels);

// What channels of a layer usually are, over the images added. Thread-safe.
class ChannelLevels {
 public:
  explicit ChannelLevels(int64_t channels) : sums_(static_cast<size_t>(channels), 0.0) {}
  // Positions of one image, [1,C,...].
  void add(const at::Tensor& value);
  // Means over all positions of all images.
  std::vector<float> means() const;
  // The level that one in a hundred of the images exceed somewhere: the 99th percentile of their maxima.
  std::vector<float> high() const;

 private:
  mutable std::mutex mutex_;
  std::vector<double> sums_;
  int64_t positions_ = 0;
  std::vector<std::vector<float>> maxima_;  // by image, in any order
};

// `count` groups of `size` channels out of `channels`, none of `excluded`; a group's are rising and different. Draws of
// Rng(seed, "random units", group). Throws Error(kUsage) when there are not so many others.
std::vector<std::vector<int64_t>> random_groups(int64_t channels, std::span<const int64_t> excluded, size_t size,
                                                int64_t count, uint64_t seed);

}  // namespace microtome
