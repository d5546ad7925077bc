// SPDX-License-Identifier: Apache-2.0
// The graph in an ONNX model.
#pragma once
#include <string>
#include <string_view>

#include "microtome/network/graph.h"

namespace microtome {

struct OnnxInput {
  bool is_float = false;  // float32, float16 or float64; all are run as float32
};

// Initializers and Constant nodes become constants. The batch axis is 1 where the file leaves it free, `side` (0 = 224)
// stands for a free height or width; other axes stay as they are. `path`: for messages, and for weights kept beside the
// model. Throws Error(kCorrupt/kUnsupported) naming tensor or node.
Graph read_onnx_graph(std::string_view bytes, const std::string& path, int side, OnnxInput* input = nullptr);

}  // namespace microtome
