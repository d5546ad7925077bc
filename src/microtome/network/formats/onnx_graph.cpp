// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_graph.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <unordered_map>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/network/formats/onnx_fused.h"
#include "microtome/network/formats/onnx_nodes.h"

namespace microtome {
namespace {

std::string type_name_of(int type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
      return "float32";
    case onnx::TensorProto::DOUBLE:
      return "float64";
    default:
      break;
  }
  std::string name = onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool standard_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

class OnnxReader {
 public:
  OnnxReader(onnx::ModelProto& model, const std::string& path)
      : model_(model), proto_(*model.mutable_graph()), external_(path), path_(path) {}

  Graph read() {
    check_opsets();
    read_initializers();
    read_inputs();
    OnnxNodes(model_, path_, external_, graph_, indices_).read();
    for (const auto& output : proto_.output())
      graph_.outputs.push_back(known_value(output.name(), "the file's output list"));
    if (graph_.outputs.empty()) throw Error(ErrorKind::kCorrupt, path_, "names no outputs");
    return std::move(graph_);
  }

  const std::vector<FileInput>& inputs() const { return inputs_; }

 private:
  [[noreturn]] void corrupt(const std::string& what) const { throw Error(ErrorKind::kCorrupt, path_, what); }
  [[noreturn]] void unsupported(const std::string& what, const std::string& remedy) const {
    throw Error(ErrorKind::kUnsupported, path_, what, remedy);
  }

  // Models without a set of standard operators are no networks, unless what they hold stands for such.
  void check_opsets() const {
    for (const auto& opset : model_.opset_import()) {
      if (!standard_domain(opset.domain())) continue;
      if (opset.version() < 1) corrupt(fmt::format("claims operator set {}", opset.version()));
      if (opset.version() > kNewestOpset) {
        unsupported(fmt::format("uses operator set {}; the newest known here is {}", opset.version(), kNewestOpset),
                    fmt::format("export it with opset_version={} or lower", kNewestOpset));
      }
      return;
    }
    if (model_.opset_import_size() == 0) corrupt("names no operator set: this is not a whole ONNX model");
    const auto known = [](const onnx::NodeProto& node) { return !unfused(node).empty(); };
    if (model_.functions_size() > 0 || std::ranges::all_of(proto_.node(), known)) return;
    unsupported(
        fmt::format("holds operators of the domain {} alone, not a neural network", model_.opset_import(0).domain()),
        "give a network of standard ONNX operators");
  }

  ValueIndex add_value(const std::string& name) {
    if (name.empty()) corrupt("has a value without a name");
    const auto index = static_cast<ValueIndex>(graph_.values.size());
    if (!indices_.emplace(name, index).second) corrupt(fmt::format("makes the value \"{}\" twice", name));
    graph_.values.push_back({.name = name, .shape = {}, .constant = {}});
    return index;
  }

  ValueIndex known_value(const std::string& name, const std::string& reader) const {
    const auto found = indices_.find(name);
    if (found == indices_.end()) corrupt(fmt::format("{} reads \"{}\", which nothing before it makes", reader, name));
    return found->second;
  }

  void read_initializers() {
    if (proto_.sparse_initializer_size() > 0) {
      unsupported("stores weights as sparse tensors", "export it with dense weights");
    }
    for (onnx::TensorProto& tensor : *proto_.mutable_initializer()) {
      const ValueIndex index = add_value(tensor.name());
      std::string refusal;
      graph_.values[static_cast<size_t>(index)].constant =
          take_or_refuse(tensor, external_, fmt::format("{}: weight \"{}\"", path_, tensor.name()), refusal);
      if (refusal.empty()) continue;
      Node& lost = graph_.nodes.emplace_back();  // nothing but what reads it
      lost.op = "Constant";
      lost.outputs = {index};
      lost.refusal = std::move(refusal);
    }
  }

  void read_inputs() {
    for (const auto& input : proto_.input()) {
      if (indices_.contains(input.name())) continue;  // a weight listed as input, as old exporters do
      const auto& type = input.type().tensor_type();
      if (!input.type().has_tensor_type()) {
        unsupported(fmt::format("its input \"{}\" is no tensor", input.name()), "export it with tensors as inputs");
      }
      FileInput made;
      made.value = add_value(input.name());
      made.elements = element_type_kept(type.elem_type(), fmt::format("{}: input \"{}\"", path_, input.name()));
      made.type = type_name_of(type.elem_type());
      made.has_shape = type.has_shape();
      // 0 and negative sizes are how some exporters write "free".
      for (const auto& size : type.shape().dim()) made.shape.push_back(size.dim_value() > 0 ? size.dim_value() : -1);
      graph_.values[at_index(made.value)].shape = made.shape;
      inputs_.push_back(std::move(made));
    }
    if (inputs_.empty()) corrupt("has no input: every listed one is a weight");
    graph_.input = inputs_.front().value;
  }

  onnx::ModelProto& model_;
  onnx::GraphProto& proto_;
  ExternalData external_;
  const std::string& path_;
  Graph graph_;
  std::vector<FileInput> inputs_;
  std::unordered_map<std::string, ValueIndex> indices_;
};

onnx::ModelProto parse_model(std::string_view bytes, const std::string& path) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    throw Error(ErrorKind::kUnsupported, path, "is larger than the 2 GB that an ONNX file may have",
                "export it with its weights in a file beside it");
  }
  onnx::ModelProto model;
  google::protobuf::LogSilencer silent;  // the library never prints
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    throw Error(ErrorKind::kCorrupt, path, "is not a whole ONNX file", "get the file anew, it is damaged or cut short");
  }
  // A stream that ends between two fields parses without complaint, so what a model must have is asked for.
  if (!model.has_graph() || model.graph().node_size() == 0 || model.ir_version() < 1) {
    throw Error(ErrorKind::kCorrupt, path, "holds no network: the ONNX model has no nodes or no version",
                "get the file anew, it is damaged or cut short");
  }
  return model;
}

}  // namespace

Graph read_onnx_graph(std::string_view bytes, const std::string& path, OnnxFacts* facts) {
  onnx::ModelProto model = parse_model(bytes, path);
  OnnxReader reader(model, path);
  Graph graph = reader.read();
  if (facts == nullptr) return graph;
  facts->inputs = reader.inputs();
  for (const auto& entry : model.metadata_props()) facts->metadata[entry.key()] = entry.value();
  return graph;
}

}  // namespace microtome
