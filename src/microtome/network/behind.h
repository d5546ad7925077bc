// SPDX-License-Identifier: Apache-2.0
// The part of a network behind a layer, run by itself: what an ablation, an insertion or a path through a layer's
// values need, without computing again what lies in front.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/executor.h"
#include "microtome/network/network.h"

namespace microtome {

// What an image is to a network on both sides of a layer. Everything [1,...].
struct Moment {
  at::Tensor value;              // of the layer
  std::vector<at::Tensor> held;  // what else is read behind it: other branches
};

// Immutable and thread-safe; each call runs in the calling thread.
class Behind {
 public:
  // The targets (layers by name or alias) as a function of the layer's value. Throws Error(kNotFound) for a layer and
  // Error(kUsage) when none of the targets depends on it; those that do not keep what they are on the image.
  Behind(const Network& network, const std::string& layer, const std::vector<std::string>& targets,
         const ExecutorChoice& choice = {});

  const Layer& layer() const { return layer_; }

  // One forward pass as far as the layer and what is held.
  Moment look(const at::Tensor& input) const;
  // The targets, in their order, where the layer is `value` (of the shape of moment.value) and all else is held.
  std::vector<at::Tensor> run(const Moment& moment, const at::Tensor& value) const;
  // The same with what a pull-back to the layer's value needs.
  std::unique_ptr<Tape> record(const Moment& moment, const at::Tensor& value) const;

 private:
  Layer layer_;
  std::unique_ptr<Executor> front_, back_;
};

}  // namespace microtome
