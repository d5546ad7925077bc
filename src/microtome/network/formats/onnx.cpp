// SPDX-License-Identifier: Apache-2.0
// ONNX: what most other tools export.
#include <optional>

#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/found_preprocessing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/onnx_graph.h"
#include "microtome/network/formats/settle_inputs.h"

namespace microtome::model_formats {
namespace {

// Protobuf has no magic number. A model begins with the tag of one of its fields: number * 8 + wire type, numbers 1 and
// 5 are integers (0), the others strings or messages (2).
bool recognizes_onnx(std::string_view bytes) {
  constexpr std::string_view kFirstBytes = "\x08\x12\x1a\x22\x28\x32\x3a\x42\x72\xa2\xca";
  return !bytes.empty() && kFirstBytes.find(bytes.front()) != std::string_view::npos;
}

// What is said counts before what the graph computes; a side only where the file leaves it open.
void add_preprocessing(StoredNetwork& stored, std::optional<Preprocessing> stated) {
  Network::Facts& facts = stored.facts;
  if (facts.has_preprocessing) return;
  if (!stated) stated = computed_preprocessing(stored.graph);
  if (!stated) return;
  const std::vector<int64_t>& shape = stored.graph.values[at_index(stored.graph.input)].shape;
  if (shape.size() != 4 || stated->side != shape[2]) stated->resize_short = 0;
  stated->side = 0;
  facts.preprocessing = *stated;
  facts.has_preprocessing = true;
}

StoredNetwork read_onnx(const ModelFile& file, int side) {
  OnnxFacts said;
  StoredNetwork stored{.graph = read_onnx_graph(*file.bytes, file.path, &said), .facts = {}};
  const std::optional<Preprocessing> stated = stated_preprocessing(said.metadata, file.path);
  if (side == 0 && stated) side = stated->side;
  const FileInput studied = hold_other_inputs(stored, said.inputs, file, side);
  check_graph(stored.graph, file.path);
  lay_out_input(stored, studied, file.path, side);
  check_input(stored.graph, file.path);
  add_preprocessing(stored, stated);
  stored.facts.classes = stated_classes(said.metadata, file.path);
  return stored;
}

}  // namespace

extern const ModelFormat onnx;
const ModelFormat onnx = {"onnx", "ONNX, operator sets up to 23", recognizes_onnx, read_onnx};

}  // namespace microtome::model_formats
