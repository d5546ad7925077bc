// SPDX-License-Identifier: Apache-2.0
#include "microtome/lab/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/network/executor.h"
#include "microtome/network/network.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/threads.h"

namespace microtome {
namespace {

// Fixed, so that batch statistics and the order of sums do not depend on the machine.
constexpr int64_t kShard = 16;

// Which constants learn and which only follow the batches.
struct WeightTable {
  std::vector<ValueIndex> learned;
  std::vector<ValueIndex> running;
};

WeightTable find_weights(const Graph& graph) {
  std::set<ValueIndex> learned, running;
  const auto add = [&](std::set<ValueIndex>& set, const Node& node, const InputRange& range) {
    for (size_t input = range.first; input < std::min(range.first + range.count, node.inputs.size()); ++input) {
      if (NodeFacts{node, graph}.constant(input).defined()) set.insert(node.inputs[input]);
    }
  };
  for (const Node& node : graph.nodes) {
    const Operator& op = require_operator(node);
    add(learned, node, op.learned);
    add(running, node, op.running);
  }
  return {{learned.begin(), learned.end()}, {running.begin(), running.end()}};
}

// What one shard of a batch gives.
struct ShardResult {
  double loss = 0;  // summed over its examples
  std::vector<at::Tensor> gradients;
  std::vector<at::Tensor> running;
};

class Training {
 public:
  Training(Graph& graph, const TrainerSettings& settings)
      : graph_(graph), settings_(settings), table_(find_weights(graph)) {
    for (const ValueIndex index : table_.learned) {
      weights_.push_back(constant(index).detach().clone().requires_grad_(true));
      velocity_.push_back(at::zeros_like(constant(index)));
    }
    for (const ValueIndex index : table_.running) running_.push_back(constant(index).detach().clone());
  }

  // One update from the examples `batch`; returns the summed loss.
  double step(const std::vector<int64_t>& batch, uint64_t epoch, double lr, const Examples& examples,
              const Loss& loss) {
    const int64_t count = static_cast<int64_t>(batch.size());
    const int64_t shards = (count + kShard - 1) / kShard;
    std::vector<ShardResult> results(static_cast<size_t>(shards));
    parallel_for(settings_.threads, shards, [&](int, int64_t shard) {
      use_one_kernel_thread();
      const auto begin = batch.begin() + shard * kShard;
      const std::vector<int64_t> indices(begin, std::min(begin + kShard, batch.end()));
      results[static_cast<size_t>(shard)] = run_shard(indices, epoch, count, examples, loss);
    });
    return update(results, lr);
  }

  void store() {
    for (size_t i = 0; i < weights_.size(); ++i) constant(table_.learned[i]) = weights_[i].detach().clone();
    for (size_t i = 0; i < running_.size(); ++i) constant(table_.running[i]) = running_[i].clone();
  }

 private:
  at::Tensor& constant(ValueIndex index) { return graph_.values[static_cast<size_t>(index)].constant; }

  ShardResult run_shard(const std::vector<int64_t>& indices, uint64_t epoch, int64_t batch_size,
                        const Examples& examples, const Loss& loss) const {
    std::vector<at::Tensor> replaced(graph_.values.size());
    ShardResult result;
    for (size_t i = 0; i < weights_.size(); ++i) replaced[static_cast<size_t>(table_.learned[i])] = weights_[i];
    for (size_t i = 0; i < running_.size(); ++i) {
      result.running.push_back(running_[i].clone());
      replaced[static_cast<size_t>(table_.running[i])] = result.running[i];
    }
    const at::Tensor input = examples(indices, epoch);
    const std::vector<at::Tensor> outputs = evaluate(graph_, input, graph_.outputs, replaced, true);
    const double share = static_cast<double>(indices.size()) / static_cast<double>(batch_size);
    const at::Tensor mean_loss = loss(outputs, indices);
    result.loss = mean_loss.item<double>() * static_cast<double>(indices.size());
    result.gradients = torch::autograd::grad({mean_loss * share}, weights_);
    return result;
  }

  double update(const std::vector<ShardResult>& results, double lr) {
    const at::NoGradGuard no_grad;
    double loss = 0;
    for (const ShardResult& result : results) loss += result.loss;
    for (size_t i = 0; i < weights_.size(); ++i) {
      at::Tensor gradient = results[0].gradients[i].clone();
      for (size_t shard = 1; shard < results.size(); ++shard) gradient.add_(results[shard].gradients[i]);
      if (weights_[i].dim() > 1) gradient.add_(weights_[i].detach(), settings_.weight_decay);
      velocity_[i].mul_(settings_.momentum).add_(gradient);
      weights_[i].add_(gradient.add(velocity_[i], settings_.momentum), -lr);
    }
    for (size_t i = 0; i < running_.size(); ++i) {
      running_[i].zero_();
      for (const ShardResult& result : results)
        running_[i].add_(result.running[i], 1.0 / static_cast<double>(results.size()));
    }
    return loss;
  }

  Graph& graph_;
  const TrainerSettings& settings_;
  WeightTable table_;
  std::vector<at::Tensor> weights_, velocity_, running_;
};

double learning_rate(const TrainerSettings& settings, int64_t step, int64_t steps) {
  const int64_t warm = std::max<int64_t>(1, steps / 10);
  if (step < warm) return settings.lr * static_cast<double>(step + 1) / static_cast<double>(warm);
  const double share = static_cast<double>(step - warm) / static_cast<double>(std::max<int64_t>(1, steps - warm));
  return settings.lr * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

std::vector<int64_t> shuffled(int64_t count, uint64_t seed, uint64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Rng rng(seed, "order", epoch);
  for (int64_t i = count - 1; i > 0; --i)
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(rng.below(i + 1))]);
  return order;
}

}  // namespace

std::vector<double> train_graph(Graph& graph, int64_t example_count, const Examples& examples, const Loss& loss,
                                const TrainerSettings& settings, Reporter& reporter) {
  Training training(graph, settings);
  const int64_t batches = std::max<int64_t>(1, example_count / settings.batch);  // The rest of an epoch is left out.
  const int64_t steps = batches * settings.epochs;
  std::vector<double> losses;
  Task progress(reporter, "training", steps * std::min(settings.batch, example_count), "pictures");
  for (int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
    const std::vector<int64_t> order = shuffled(example_count, settings.seed, static_cast<uint64_t>(epoch));
    double sum = 0;
    int64_t seen = 0;
    for (int64_t i = 0; i < batches; ++i) {
      throw_if_stopped();
      const auto begin = order.begin() + i * settings.batch;
      const std::vector<int64_t> batch(begin,
                                       begin + std::min(settings.batch, static_cast<int64_t>(order.end() - begin)));
      sum += training.step(batch, static_cast<uint64_t>(epoch), learning_rate(settings, epoch * batches + i, steps),
                           examples, loss);
      seen += static_cast<int64_t>(batch.size());
      progress.advance(static_cast<int64_t>(batch.size()));
    }
    losses.push_back(sum / static_cast<double>(seen));
    reporter.note(fmt::format("epoch {}: loss {:.4f}", epoch + 1, losses.back()));
    if (!std::isfinite(losses.back())) {
      throw Error(ErrorKind::kInternal, "training", fmt::format("the loss is {} in epoch {}", losses.back(), epoch + 1),
                  "lower `lr`");
    }
  }
  training.store();
  return losses;
}

}  // namespace microtome
