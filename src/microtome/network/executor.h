// SPDX-License-Identifier: Apache-2.0
// How a network is run: forward to the taps, and gradients pulled back from the taps to the input. Nothing outside this
// room may depend on how.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

// One forward pass that remembers what its backward needs.
class Tape {
 public:
  virtual ~Tape() = default;
  // Activations of the taps, in the order asked for, detached: [N,C,H,W], [N,F] ...
  virtual const std::vector<at::Tensor>& taps() const = 0;
  // Vector-Jacobian product: gradients at the taps (same shapes; undefined = zero) to the gradient at the input. Once.
  virtual at::Tensor pull_back(std::span<const at::Tensor> gradients) = 0;
};

// Thread-safe: one executor serves all workers, each call runs in the calling thread.
class Executor {
 public:
  virtual ~Executor() = default;
  // Forward only; keeps nothing that the taps do not need.
  virtual std::vector<at::Tensor> run(const at::Tensor& input) const = 0;
  virtual std::unique_ptr<Tape> record(const at::Tensor& input) const = 0;
  virtual const std::vector<std::string>& taps() const = 0;
};

// The reference executor, ATen with autograd: prunes to the taps and folds batch norm first.
std::unique_ptr<Executor> make_executor(const Network& network, std::vector<std::string> taps);

// The same for a graph as it stands; its outputs are the taps, under the names given.
std::unique_ptr<Executor> make_executor(Graph graph, std::vector<std::string> taps);

// Runs a graph as it stands under autograd and gives the asked values; for training and for tests. `weights[v]`, where
// defined, replaces the constant of value v. With `training`, BatchNormalization uses batch statistics and updates its
// running mean and variance (inputs 3 and 4) in place (momentum 0.1); Dropout draws from libtorch's default generator.
std::vector<at::Tensor> evaluate(const Graph& graph, const at::Tensor& input, std::span<const ValueIndex> wanted,
                                 std::span<const at::Tensor> weights = {}, bool training = false);

}  // namespace microtome
