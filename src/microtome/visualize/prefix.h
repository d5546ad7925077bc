// SPDX-License-Identifier: Apache-2.0
// A network cut down to what an objective reads: no deeper than its layers, no other branches, and no other units of
// the last convolution.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "microtome/network/executor.h"
#include "microtome/network/network.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/resample.h"

namespace microtome {

// Immutable but for the redirected network, which is made when first needed; thread-safe.
class Prefix {
 public:
  // Cuts `network` to the objective's layers, for inputs of height x width. Every cut leaves the values that the
  // objective reads as they are, up to rounding.
  Prefix(const Network& network, const Objective& objective, int64_t height, int64_t width);

  // The input, or the part of it that can reach what the objective reads.
  const Aperture& window() const { return window_; }
  const Executor& executor() const { return *executor_; }
  const Executor& redirected() const;
  // The objective's view of taps of executor(), in its order.
  View view(const std::vector<at::Tensor>& taps) const;

 private:
  struct Cut {
    std::string layer;
    std::vector<int64_t> units;
    std::array<int64_t, 2> origin{0, 0}, size{0, 0};
  };

  Aperture window_;
  std::vector<Cut> cuts_;
  Network network_;
  std::unique_ptr<Executor> executor_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Executor> redirected_;
};

}  // namespace microtome
