// SPDX-License-Identifier: Apache-2.0
// The nodes of a graph that given values need, in order, with each value's last reader: what every run goes by.
#pragma once
#include <ATen/core/Tensor.h>

#include <span>
#include <string>
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

// Refers to the graph, which must outlive it and stay as it is. run() is thread-safe.
class Schedule {
 public:
  // Throws Error(kUnsupported) on an unknown operator, Error(kCorrupt) when a wanted value cannot be made.
  Schedule(const Graph& graph, std::span<const ValueIndex> wanted);

  struct Options {
    std::span<const at::Tensor> weights = {};  // where defined, instead of the constant of that value
    bool training = false;
  };
  // The wanted values. Each value is let go after its last reader. The input may be undefined when nothing needs it.
  // c10::Error and operators' errors come out as Error(kCorrupt/...) naming the node.
  std::vector<at::Tensor> run(const at::Tensor& input, const Options& options) const;

 private:
  struct Slot {
    ValueIndex value = -1;  // -1: absent
    bool last = false;      // no later step reads it
  };
  struct Step {
    const Node* node;
    const Operator* op;
    std::vector<Slot> inputs;
    std::vector<char> wanted;  // by output: whether anything reads it
  };

  void run_step(const Step& step, std::vector<at::Tensor>& values, std::vector<at::Tensor>& arguments,
                const at::Tensor& input, const Options& options) const;
  [[noreturn]] void refuse(const Step& step, const std::string& message) const;
  at::Tensor constant(ValueIndex value, const at::Tensor& input, const Options& options) const;

  const Graph& graph_;
  std::vector<ValueIndex> wanted_;
  std::vector<Step> steps_;
};

}  // namespace microtome
