// SPDX-License-Identifier: Apache-2.0
// How a network is run: forward to the taps, and gradients pulled back from the taps to the input. Nothing outside this
// room may depend on how.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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

// Thread-safe: one executor serves all workers, each call runs in the calling thread. Inputs, taps and gradients are on
// the executor's device, and so are the weights, which it owns.
class Executor {
 public:
  virtual ~Executor() = default;
  // Forward only; keeps nothing that the taps do not need. `given`: the graph's values of that name, in its order.
  virtual std::vector<at::Tensor> run(const at::Tensor& input, std::span<const at::Tensor> given = {}) const = 0;
  virtual std::unique_ptr<Tape> record(const at::Tensor& input, std::span<const at::Tensor> given = {}) const = 0;
  virtual const std::vector<std::string>& taps() const = 0;
};

// A way to run graphs. One file of executors/ a kind.
struct ExecutorKind {
  std::string_view name;
  std::string_view summary;
  // The graph's outputs are the taps, under the names given. Throws Error(kUnsupported) for what the kind cannot run.
  std::unique_ptr<Executor> (*make)(Graph graph, std::vector<std::string> taps, const at::Device& device);
};

namespace executors {
// Generated from the list in CMakeLists.txt; the first is the reference.
std::span<const ExecutorKind* const> kinds();
}  // namespace executors

struct ExecutorChoice {
  std::string kind = "aten";  // a name among executors::kinds()
  at::Device device{at::kCPU};
};

// Prunes to the taps (layers by name or alias) and folds batch norm first. Throws Error(kNotFound) for a layer and
// Error(kUsage) for a kind that there is not. Who has a picture and wants activations takes an Eye (network/eye.h).
std::unique_ptr<Executor> make_executor(const Network& network, std::vector<std::string> taps,
                                        const ExecutorChoice& choice = {});

// The same for a graph as it stands; its outputs are the taps, under the names given.
std::unique_ptr<Executor> make_executor(Graph graph, std::vector<std::string> taps, const ExecutorChoice& choice = {});

// Runs a graph as it stands under autograd and gives the asked values; for training and for tests. `weights[v]`, where
// defined, replaces the constant of value v. With `training`, BatchNormalization uses batch statistics and updates its
// running mean and variance (inputs 3 and 4) in place (momentum 0.1); Dropout draws from libtorch's default generator.
std::vector<at::Tensor> evaluate(const Graph& graph, const at::Tensor& input, std::span<const ValueIndex> wanted,
                                 std::span<const at::Tensor> weights = {}, bool training = false);

}  // namespace microtome
