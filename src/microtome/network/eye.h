// SPDX-License-Identifier: Apache-2.0
// From a picture to what a network makes of it: network, preprocessing, layers and the way it is run, in one.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/executor.h"
#include "microtome/network/network.h"

namespace microtome {

// Throws Error(kUnsupported) unless the network takes pictures of 1 or 3 channels.
void check_takes_pictures(const Network& network);

// Immutable; copies share everything, and one eye serves all threads. Each call runs in the calling thread, which then
// has one kernel thread (network/threads.h): parallelism is over pictures.
class Eye {
 public:
  // Sees the layers, by name or alias. Throws Error(kNotFound) for a layer and Error(kUsage) for an executor that there
  // is not.
  Eye(Network network, Preprocessing preprocessing, std::vector<std::string> layers, const ExecutorChoice& choice = {});

  const Network& network() const { return network_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }
  const std::vector<std::string>& layers() const { return executor_->taps(); }  // as they were asked for

  // The whole picture scaled to the network's own size, or to another that it takes: [1,C,H,W] float32 in 0..1. Throws
  // Error(kUsage/kUnsupported) when the picture is empty or the network takes none.
  at::Tensor pixels(const Image& image) const;
  at::Tensor pixels(const Image& image, int64_t height, int64_t width) const;
  // The same in the range that the network was trained on: what look() and record() take.
  at::Tensor input(const Image& image) const;
  at::Tensor input(const Image& image, int64_t height, int64_t width) const;

  // What the layers make of it, in their order, on the CPU: [N,C,H,W], [N,F] ... Throws Error naming the node that
  // refuses the input.
  std::vector<at::Tensor> look(const Image& image) const { return look(input(image)); }
  std::vector<at::Tensor> look(const at::Tensor& input) const;

  // The same with what a pull-back of gradients needs. Taps and gradients are on the executor's device.
  std::unique_ptr<Tape> record(const at::Tensor& input) const;

 private:
  Network network_;
  Preprocessing preprocessing_;
  at::Device device_;
  std::shared_ptr<const Executor> executor_;
};

}  // namespace microtome
