// SPDX-License-Identifier: Apache-2.0
// The graph in an ONNX model.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/formats/settle_inputs.h"
#include "microtome/network/graph.h"

namespace microtome {

// What a model says beside its graph.
struct OnnxFacts {
  std::vector<FileInput> inputs;
  std::map<std::string, std::string> metadata;
};

// Initializers and Constant nodes become constants. `path`: for messages, and for weights kept beside the model. The
// graph's input is the file's first, its free lengths -1. Throws Error(kCorrupt/kUnsupported) naming tensor or node.
Graph read_onnx_graph(std::string_view bytes, const std::string& path, OnnxFacts* facts = nullptr);

}  // namespace microtome
