// SPDX-License-Identifier: Apache-2.0
// ONNX: what most other tools export.
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/onnx_graph.h"

namespace microtome::model_formats {
namespace {

// Protobuf has no magic number. A model begins with the tag of one of its fields: number * 8 + wire type, numbers 1 and
// 5 are integers (0), the others strings or messages (2).
bool recognizes_onnx(std::string_view bytes) {
  constexpr std::string_view kFirstBytes = "\x08\x12\x1a\x22\x28\x32\x3a\x42\x72\xa2\xca";
  return !bytes.empty() && kFirstBytes.find(bytes.front()) != std::string_view::npos;
}

StoredNetwork read_onnx(const ModelFile& file, int side) {
  OnnxInput input;
  StoredNetwork stored{.graph = read_onnx_graph(*file.bytes, file.path, side, &input), .facts = {}};
  check_graph(stored.graph, file.path);
  if (!input.is_float) {
    const Value& value = stored.graph.values[static_cast<size_t>(stored.graph.input)];
    throw Error(ErrorKind::kUnsupported, file.path,
                fmt::format("its input \"{}\" takes integers, not pictures or rows", value.name),
                "export it with a float input");
  }
  check_input(stored.graph, file.path);
  return stored;
}

}  // namespace

extern const ModelFormat onnx;
const ModelFormat onnx = {"onnx", "ONNX, operator sets up to 23", recognizes_onnx, read_onnx};

}  // namespace microtome::model_formats
