// SPDX-License-Identifier: Apache-2.0
// How relevance goes back through one node.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

// A node with what it read: inputs[i] is undefined where the node leaves it out, `varied` are those that depend on the
// picture.
struct RelevantNode {
  const Node& node;
  const Graph& graph;
  std::vector<at::Tensor> inputs;
  std::vector<size_t> varied;
};

enum class RelevanceRule : char { kEpsilon, kGamma, kPlus, kAlphaBeta, kFlat, kBox };

struct RuleConstants {
  double epsilon, gamma;
  at::Tensor low, high;
};

// Relevance of inputs[0], of sums of products with weights inputs[1] and a bias, if any, inputs[2].
at::Tensor weighted_relevance(const RelevantNode& seen, RelevanceRule rule, const RuleConstants& constants,
                              const at::Tensor& relevance);
// Of the varied inputs, in that order; relevance of each output, undefined: none. By epsilon.
std::vector<at::Tensor> summed_relevance(const RelevantNode& seen, double epsilon, const at::Tensor& relevance);
// Each value's relevance to where it came from.
std::vector<at::Tensor> arranged_relevance(const RelevantNode& seen, const std::vector<at::Tensor>& relevance);

}  // namespace microtome
