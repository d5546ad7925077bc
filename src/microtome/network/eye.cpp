// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/eye.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "microtome/base/error.h"
#include "microtome/network/threads.h"

namespace microtome {

void check_takes_pictures(const Network& network) {
  const std::vector<int64_t>& shape = network.graph().values[at_index(network.graph().input)].shape;
  if (network.facts().input.tokens) {
    throw Error(ErrorKind::kUnsupported, network.facts().file, "takes whole numbers (tokens), no pictures",
                "its layers can be listed");
  }
  if (shape.size() == 5) {
    throw Error(ErrorKind::kUnsupported, network.facts().file,
                fmt::format("takes volumes or clips [{}], no pictures", fmt::join(shape, ",")),
                "its layers can be listed");
  }
  if (shape.size() != 4) {
    throw Error(ErrorKind::kUnsupported, network.facts().file, "takes no pictures",
                "rows and vectors can be visualized, not dissected or classified");
  }
  if (network.channels() == 1 || network.channels() == 3) return;
  throw Error(ErrorKind::kUnsupported, network.facts().file,
              fmt::format("takes {} channels, pictures have 1 or 3", network.channels()),
              "its layers can be visualized");
}

Eye::Eye(Network network, Preprocessing preprocessing, std::vector<std::string> layers, const ExecutorChoice& choice)
    : network_(std::move(network)),
      preprocessing_(std::move(preprocessing)),
      device_(choice.device),
      executor_(make_executor(network_, std::move(layers), choice)) {}

at::Tensor Eye::pixels(const Image& image) const { return pixels(image, network_.height(), network_.width()); }

at::Tensor Eye::pixels(const Image& image, int64_t height, int64_t width) const {
  use_one_kernel_thread();
  return to_input(image, {}, static_cast<int>(network_.channels()), static_cast<int>(height), static_cast<int>(width));
}

at::Tensor Eye::input(const Image& image) const { return input(image, network_.height(), network_.width()); }

at::Tensor Eye::input(const Image& image, int64_t height, int64_t width) const {
  use_one_kernel_thread();
  return to_input(image, preprocessing_, static_cast<int>(network_.channels()), static_cast<int>(height),
                  static_cast<int>(width));
}

std::vector<at::Tensor> Eye::look(const at::Tensor& input) const {
  use_one_kernel_thread();
  std::vector<at::Tensor> taps = executor_->run(input.to(device_));
  for (at::Tensor& tap : taps) tap = tap.to(at::kCPU);
  return taps;
}

std::unique_ptr<Tape> Eye::record(const at::Tensor& input) const {
  use_one_kernel_thread();
  return executor_->record(input.to(device_));
}

}  // namespace microtome
