// SPDX-License-Identifier: Apache-2.0
// Supervised training of a graph: stochastic gradient descent, data-parallel, reproducible.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/network/graph.h"

namespace microtome {

struct TrainerSettings {
  int64_t epochs = 12;
  int64_t batch = 64;
  double lr = 0.1;             // highest; rises linearly over the first tenth of the steps, then falls as a cosine
  double momentum = 0.9;       // Nesterov
  double weight_decay = 5e-4;  // on tensors of more than one axis
  uint64_t seed = 1;
  int threads = 1;
};

// What is learned. Called from several threads with the graph's outputs (in order) for the examples `indices`; gives
// the mean loss over them, a scalar under autograd.
using Loss = std::function<at::Tensor(const std::vector<at::Tensor>& outputs, const std::vector<int64_t>& indices)>;
// The network's input for these examples: [N,C,H,W], normalized. `epoch`, from 0, may drive augmentation.
using Examples = std::function<at::Tensor(const std::vector<int64_t>& indices, uint64_t epoch)>;

// Trains in place: floating-point constants that are inputs of Conv, Gemm and BatchNormalization are the weights;
// running statistics are updated. Each batch is cut into shards of a fixed size, one worker each with one kernel
// thread; gradients and running statistics are summed in shard order, so the result does not depend on the number of
// threads. Batch normalization sees its shard. Returns the mean loss of each epoch. Throws Error(kInternal) when the
// loss stops being finite.
std::vector<double> train_graph(Graph& graph, int64_t example_count, const Examples& examples, const Loss& loss,
                                const TrainerSettings& settings, Reporter& reporter);

}  // namespace microtome
