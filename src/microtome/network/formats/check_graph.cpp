// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/check_graph.h"

#include <fmt/format.h>

#include <vector>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"

namespace microtome {
namespace {

// Larger inputs are mistakes in the file, and would only show as an allocation that fails.
constexpr int64_t kLargestSide = 1 << 12;
constexpr int64_t kLargestInput = int64_t{1} << 26;
constexpr double kMostElements = 1e12;  // of a weight, axes without elements counted as one

bool in_range(ValueIndex index, const Graph& graph) {
  return index >= 0 && static_cast<size_t>(index) < graph.values.size();
}

[[noreturn]] void corrupt(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what, "get the file anew or export it again");
}

std::string name_of(ValueIndex index, const Graph& graph) {
  return in_range(index, graph) ? graph.values[static_cast<size_t>(index)].name : fmt::format("number {}", index);
}

// Everything behind goes by the first input and the first output.
void check_ends(const Node& node, const Graph& graph, const std::string& where) {
  if (node.outputs.empty() || node.outputs[0] == -1) corrupt(where, node_label(node, graph) + " makes nothing");
  if (node.op != "Constant" && find_operator(node.op) != nullptr && (node.inputs.empty() || node.inputs[0] == -1)) {
    corrupt(where, node_label(node, graph) + " has no input");
  }
}

void check_constants(const Graph& graph, const std::string& where) {
  for (const Value& value : graph.values) {
    const at::Tensor& constant = value.constant;
    if (!constant.defined()) continue;
    if (constant.dim() <= kMostAxes && count_elements(constant.sizes()) < kMostElements) continue;
    corrupt(where, fmt::format("weight \"{}\" has an impossible shape", value.name));
  }
}

}  // namespace

void check_graph(const Graph& graph, const std::string& where) {
  check_constants(graph, where);
  std::vector<bool> made(graph.values.size());
  for (size_t i = 0; i < graph.values.size(); ++i) made[i] = graph.values[i].constant.defined();
  if (!in_range(graph.input, graph) || made[static_cast<size_t>(graph.input)]) corrupt(where, "has no input");
  made[static_cast<size_t>(graph.input)] = true;
  for (const Node& node : graph.nodes) {
    check_ends(node, graph, where);
    for (const ValueIndex input : node.inputs) {
      if (input == -1) continue;
      if (in_range(input, graph) && made[static_cast<size_t>(input)]) continue;
      corrupt(where, fmt::format("{} reads \"{}\", which nothing before it makes", node_label(node, graph),
                                 name_of(input, graph)));
    }
    for (const ValueIndex output : node.outputs) {
      if (output == -1) continue;
      if (!in_range(output, graph) || made[static_cast<size_t>(output)]) {
        corrupt(where, fmt::format("{} makes \"{}\", which is there already", node_label(node, graph),
                                   name_of(output, graph)));
      }
      made[static_cast<size_t>(output)] = true;
    }
  }
  if (graph.outputs.empty()) corrupt(where, "names no outputs");
  for (const ValueIndex output : graph.outputs) {
    if (!in_range(output, graph) || !made[static_cast<size_t>(output)]) {
      corrupt(where, fmt::format("its output \"{}\" is made by nothing", name_of(output, graph)));
    }
  }
}

void check_input(const Graph& graph, const std::string& where) {
  const Value& input = graph.values[static_cast<size_t>(graph.input)];
  const std::vector<int64_t>& shape = input.shape;
  const auto refuse = [&](const std::string& what, const std::string& remedy) {
    throw Error(ErrorKind::kUnsupported, where,
                fmt::format("its input \"{}\" [{}] {}", input.name, fmt::join(shape, ","), what), remedy);
  };
  if (shape.size() < 2 || shape.size() > 5) {
    refuse("is neither pictures [N,C,H,W] nor rows [N,C,L] or [N,F]", "export it with an input of one of these forms");
  }
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 1) refuse("leaves the number of channels free", "export it with that number fixed");
    if (size > kLargestInput || (count *= size) > kLargestInput)
      refuse("is too large", "export it with a smaller input");
  }
  if (shape.size() == 4 && (shape[2] > kLargestSide || shape[3] > kLargestSide)) {
    refuse("is too large", "export it with a smaller input");
  }
}

}  // namespace microtome
