// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/ablation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"

namespace microtome {

at::Tensor with_channels(const at::Tensor& value, std::span<const int64_t> channels, std::span<const float> levels) {
  at::Tensor changed = value.detach().clone();
  for (const int64_t channel : channels) {
    changed.select(1, channel).fill_(levels[static_cast<size_t>(channel)]);
  }
  return changed;
}

void ChannelLevels::add(size_t image, const at::Tensor& value) {
  const at::Tensor rows = value[0].reshape({value.size(1), -1});
  const at::Tensor sums = rows.sum(1, false, at::kDouble).contiguous();
  const at::Tensor maxima = rows.amax(1).to(at::kFloat).contiguous();
  sums_[image].assign(sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel());
  maxima_[image].assign(maxima.data_ptr<float>(), maxima.data_ptr<float>() + maxima.numel());
  positions_[image] = rows.size(1);
}

std::vector<float> ChannelLevels::means() const {
  std::vector<double> all;
  double positions = 0;
  for (size_t image = 0; image < sums_.size(); ++image) {
    all.resize(std::max(all.size(), sums_[image].size()), 0.0);
    for (size_t i = 0; i < sums_[image].size(); ++i) all[i] += sums_[image][i];
    positions += static_cast<double>(positions_[image]);
  }
  std::vector<float> means;
  for (const double sum : all) means.push_back(static_cast<float>(sum / positions));
  return means;
}

std::vector<float> ChannelLevels::high() const {
  std::vector<std::vector<float>> by_channel;
  for (const std::vector<float>& of_image : maxima_) {
    by_channel.resize(std::max(by_channel.size(), of_image.size()));
    for (size_t channel = 0; channel < of_image.size(); ++channel) by_channel[channel].push_back(of_image[channel]);
  }
  std::vector<float> high;
  for (std::vector<float>& levels : by_channel) {
    const auto place = static_cast<ptrdiff_t>(std::floor(0.99 * static_cast<double>(levels.size() - 1)));
    std::nth_element(levels.begin(), levels.begin() + place, levels.end());
    high.push_back(levels[static_cast<size_t>(place)]);
  }
  return high;
}

std::vector<std::vector<int64_t>> random_groups(int64_t channels, std::span<const int64_t> excluded, size_t size,
                                                int64_t count, uint64_t seed) {
  std::vector<int64_t> others;
  for (int64_t channel = 0; channel < channels; ++channel) {
    if (std::find(excluded.begin(), excluded.end(), channel) == excluded.end()) others.push_back(channel);
  }
  if (others.size() < size) {
    throw Error(ErrorKind::kUsage, "random", fmt::format("the layer has no {} other units to compare with", size),
                "take fewer units, or random=0");
  }
  std::vector<std::vector<int64_t>> groups;
  for (int64_t group = 0; group < count; ++group) {
    Rng rng(seed, "random units", static_cast<uint64_t>(group));
    std::vector<int64_t> drawn = others;
    for (size_t i = 0; i < size; ++i) {
      const auto left = static_cast<int64_t>(drawn.size() - i);
      std::swap(drawn[i], drawn[i + static_cast<size_t>(rng.below(left))]);
    }
    drawn.resize(size);
    std::sort(drawn.begin(), drawn.end());
    groups.push_back(std::move(drawn));
  }
  return groups;
}

}  // namespace microtome
