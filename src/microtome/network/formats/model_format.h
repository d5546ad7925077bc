// SPDX-License-Identifier: Apache-2.0
// A kind of network file: how it is told by its content and how it is read. One file of this folder per kind.
// network_from_bytes(): defined in ../load.cpp.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "microtome/network/network.h"

namespace microtome {

// The bytes are shared because weights are views into them wherever the format allows.
struct ModelFile {
  std::string path;  // for messages, and for files that lie beside it
  std::shared_ptr<const std::string> bytes;
  std::vector<GivenInput> given{};  // what the user holds inputs at
};

// What a reader gives: the graph as the file has it, not yet run. The input's shape is filled; of the facts only what
// the file itself knows (preprocessing, classes, inputs).
struct StoredNetwork {
  Graph graph;
  Network::Facts facts;
  std::vector<size_t> free_sides{};  // axes of the input that the file leaves free and `side` stands for
};

struct ModelFormat {
  std::string_view name;     // "onnx"
  std::string_view summary;  // one line, for `microtome list` and for messages
  bool (*recognizes)(std::string_view bytes);
  // `side`: height and width where the file leaves them free. Throws Error(kCorrupt/kUnsupported) naming node or
  // tensor.
  StoredNetwork (*read)(const ModelFile& file, int side);
};

namespace model_formats {
// In the order in which they are asked; generated from the list in CMakeLists.txt.
std::span<const ModelFormat* const> kinds();
}  // namespace model_formats

// load_network() for bytes that are already here; `file.path` goes into facts and messages and need not exist. The
// bytes are let go as soon as they are read.
Network network_from_bytes(ModelFile file, int side = 0);

}  // namespace microtome
