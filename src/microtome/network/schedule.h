// SPDX-License-Identifier: Apache-2.0
// The nodes of a graph that given values need, in order, with each value's last reader: what every run goes by.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "microtome/network/graph.h"
#include "microtome/network/ops/operator.h"

namespace microtome {

// How messages name a node: `Conv node "conv1"`, or by its first output when the file gave it no name.
std::string node_label(const Node& node, const Graph& graph);

// Which values depend on the input: by its shape alone, by what is in it, or not at all.
enum class Dependence : char { kNone, kShape, kContent };
std::vector<Dependence> input_dependence(const Graph& graph);

// The nodes that the wanted values need, in order; a value that is constant needs none.
std::vector<const Node*> needed_nodes(const Graph& graph, std::span<const ValueIndex> wanted);

// Nodes that cannot run, and why.
using Refusals = std::vector<std::pair<const Node*, std::string>>;

// One node by itself, under autograd where that is on: its outputs, undefined where it does not make them. Throws
// Error(kCorrupt/kUnsupported) naming it.
std::vector<at::Tensor> run_node(const Node& node, const Graph& graph, std::vector<at::Tensor> inputs);

// Refers to the graph, which must outlive it and stay as it is. run() is thread-safe.
class Schedule {
 public:
  // Throws Error(kUnsupported) on an unknown operator, Error(kCorrupt) when a wanted value cannot be made.
  // Without `keeps` the wanted values are let go like others: for visit().
  Schedule(const Graph& graph, std::span<const ValueIndex> wanted, bool keeps = true);

  // Each value as soon as it is made.
  using Visitor = std::function<void(ValueIndex value, const at::Tensor& made)>;

  struct Options {
    std::span<const at::Tensor> weights = {};  // where defined, instead of the constant of that value
    std::span<const at::Tensor> given = {};    // Graph::given, in its order
    bool training = false;
    std::optional<RunLimits> limits = std::nullopt;  // those for the input
    // Where there is a list, nodes that throw Error(kUnsupported), bounds apart, are written there and passed over,
    // with all that need them; their values stay undefined.
    Refusals* refusals = nullptr;
  };
  // The wanted values. Each value is let go after its last reader. The input may be undefined when nothing needs it.
  // Whatever an operator throws comes out as Error(kCorrupt/kUnsupported) naming the node; std::bad_alloc passes.
  std::vector<at::Tensor> run(const at::Tensor& input, const Options& options) const;
  // Shows each value that a node makes and that is wanted or read, in running order.
  void visit(const at::Tensor& input, const Options& options, const Visitor& visitor) const;

 private:
  struct Slot {
    ValueIndex value = -1;  // -1: absent
    bool last = false;      // no later step reads it
  };
  struct Step {
    const Node* node;
    const Operator* op;
    std::vector<Slot> inputs;
    std::vector<char> wanted;  // by output: whether it is wanted or read
    std::vector<char> stored;  // by output: whether it is kept or read
  };
  // What is there during a run.
  struct State {
    const at::Tensor& input;
    const Options& options;
    RunLimits limits;
    const Visitor* visitor = nullptr;
    std::vector<at::Tensor> values{}, arguments{};
    std::vector<char> lost{};  // by value: a refused node makes it
  };

  void run_steps(State& state) const;
  void run_step(const Step& step, State& state) const;
  bool passes_over(const Step& step, State& state) const;
  static void lose(const Step& step, State& state);
  void take_outputs(const Step& step, std::vector<at::Tensor>& outputs, State& state) const;
  [[noreturn]] void refuse(const Step& step, std::span<const at::Tensor> arguments) const;
  at::Tensor constant(ValueIndex value, const at::Tensor& input, const Options& options) const;

  const Graph& graph_;
  std::vector<ValueIndex> wanted_;
  std::vector<Step> steps_;
};

}  // namespace microtome
