// SPDX-License-Identifier: Apache-2.0
// The graph of our own network files: JSON for the structure, named tensors for the weights.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/json.h"
#include "microtome/network/graph.h"
#include "microtome/network/preprocessing.h"

namespace microtome {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// {"version", "input", "shape", "outputs", "constants", "nodes": [{"op", "name", "opset", "inputs", "outputs",
// "attributes"}]}; values are written by name, "" for an absent one. Constants and tensor attributes are appended to
// `tensors` under the names that the JSON gives them. A value whose name is not its own gets a number.
Json graph_to_json(const Graph& graph, NamedTensors& tensors);

// The reverse. Checks form, not meaning: see check_graph(). Throws Error(kCorrupt), beginning with `where`.
Graph graph_from_json(const Json& json, const std::map<std::string, at::Tensor>& tensors, const std::string& where);

Json preprocessing_to_json(const Preprocessing& preprocessing);
// Named "stored". Throws nlohmann's exceptions on another form.
Preprocessing preprocessing_from_json(const Json& json);

}  // namespace microtome
