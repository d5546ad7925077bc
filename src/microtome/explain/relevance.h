// SPDX-License-Identifier: Apache-2.0
// Layer-wise relevance propagation (Bach et al. 2015; rules as in Montavon et al. 2019): the value of an objective
// handed back through a network, layer by layer, in shares.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

struct RelevanceSettings {
  // What sums of products do with a bias b, weights W and an input x, and R at their result z:
  //   epsilon  x W / (z + epsilon sign z)
  //   gamma    the same with W + gamma W+ where z > 0, W + gamma W- where z < 0
  //   plus     the positive products alone, biases too
  //   alpha2-beta1   twice the positive products, less the negative ones
  //   flat     all inputs alike; box: x W - low W+ - high W-, of pixels between low and high
  // The composites: epsilon-plus-flat (first layer flat, convolutions plus, dense epsilon), epsilon-gamma-box (box,
  // gamma, epsilon); or one of epsilon, gamma, plus, alpha2-beta1 everywhere.
  std::string rules = "epsilon-plus-flat";
  double epsilon = 1e-6;
  double gamma = 0.25;
  at::Tensor low, high;  // the network's input [1,C,1,1] for black and white; for the box alone
};

// Relevance through one network, from layers of it to its input. Batch norm is folded first; what is left of it, sums,
// means and constant factors go by epsilon; activation functions and LRN pass relevance as it is; largest values,
// concatenations and reshapes hand it to where the value came from. Immutable and thread-safe.
class Relevance {
 public:
  // `layers`: where relevance begins. `through`: only what flows through this layer goes on; empty: all. Throws
  // Error(kUnsupported) naming the node that there is no rule for, Error(kUsage) for rules that there are not.
  Relevance(const Network& network, const std::vector<std::string>& layers, RelevanceSettings settings,
            const std::string& through = {});
  ~Relevance();

  struct Run {
    std::vector<at::Tensor> values;  // of the layers, in their order
    at::Tensor input;                // relevance of the network's input, of its shape
    at::Tensor through;              // of the layer `through`, before channels are chosen; undefined without one
  };
  // Relevance at the layers, of a forward pass on `input` [1,...]: given the layers' values.
  using Seeds = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& values)>;
  // `channels` of the layer `through`; empty: all.
  Run run(const at::Tensor& input, const Seeds& seeds, std::span<const int64_t> channels = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace microtome
