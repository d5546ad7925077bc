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

void ChannelLevels::add(const at::Tensor& value) {
  const at::Tensor rows = value[0].reshape({value.size(1), -1});
  const at::Tensor sums = rows.sum(1, false, at::kDouble).contiguous();
  const at::Tensor maxima = rows.amax(1).to(at::kFloat).contiguous();
  const std::scoped_lock lock(mutex_);
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += sums.data_ptr<double>()[i];
  positions_ += rows.size(1);
  maxima_.emplace_back(maxima.data_ptr<float>(), maxima.data_ptr<float>() + maxima.numel());
}

std::vector<float> ChannelLevels::means() const {
  std::vector<float> means;
  for (const double sum : sums_) {
    means.push_back(static_cast<float>(sum / static_cast<double>(std::max<int64_t>(positions_, 1))));
  }
  return means;
}

std::vector<float> ChannelLevels::high() const {
  std::vector<float> high(sums_.size(), 0);
  std::vector<float> of_channel(maxima_.size());
  for (size_t channel = 0; channel < high.size() && !maxima_.empty(); ++channel) {
    for (size_t i = 0; i < maxima_.size(); ++i) of_channel[i] = maxima_[i][channel];
    const auto place = static_cast<ptrdiff_t>(std::floor(0.99 * static_cast<double>(of_channel.size() - 1)));
    std::nth_element(of_channel.begin(), of_channel.begin() + place, of_channel.end());
    high[channel] = of_channel[static_cast<size_t>(place)];
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
