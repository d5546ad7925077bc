// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/executor.h"

#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

const ExecutorKind& kind_named(const std::string& name) {
  std::string known;
  for (const ExecutorKind* kind : executors::kinds()) {
    if (kind->name == name) return *kind;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind->name);
  }
  throw Error(ErrorKind::kUsage, "executor", fmt::format("there is no executor \"{}\"", name), "known are: " + known);
}

}  // namespace

std::unique_ptr<Executor> make_executor(const Network& network, std::vector<std::string> taps,
                                        const ExecutorChoice& choice) {
  std::vector<ValueIndex> wanted;
  for (const std::string& tap : taps) wanted.push_back(network.layer(tap).value);
  const Graph pruned = pruned_graph(network.graph(), wanted);
  return make_executor(folded_batch_norm(pruned, pruned.outputs), std::move(taps), choice);
}

std::unique_ptr<Executor> make_executor(Graph graph, std::vector<std::string> taps, const ExecutorChoice& choice) {
  return kind_named(choice.kind).make(std::move(graph), std::move(taps), choice.device);
}

std::vector<at::Tensor> evaluate(const Graph& graph, const at::Tensor& input, std::span<const ValueIndex> wanted,
                                 std::span<const at::Tensor> weights, bool training) {
  return Schedule(graph, wanted).run(input, {.weights = weights, .training = training});
}

}  // namespace microtome
