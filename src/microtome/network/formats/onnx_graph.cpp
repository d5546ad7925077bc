// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_graph.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>
#include <unordered_map>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/network/formats/onnx_nodes.h"

namespace microtome {
namespace {

constexpr int kDefaultSide = 224;

bool standard_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

class OnnxReader {
 public:
  OnnxReader(onnx::ModelProto& model, const std::string& path, int side)
      : model_(model),
        proto_(*model.mutable_graph()),
        external_(path),
        path_(path),
        side_(side > 0 ? side : kDefaultSide) {}

  Graph read() {
    check_opsets();
    read_initializers();
    read_input();
    OnnxNodes(model_, path_, external_, graph_, indices_).read();
    for (const auto& output : proto_.output())
      graph_.outputs.push_back(known_value(output.name(), "the file's output list"));
    if (graph_.outputs.empty()) throw Error(ErrorKind::kCorrupt, path_, "names no outputs");
    return std::move(graph_);
  }

  bool input_is_float() const { return input_is_float_; }

 private:
  [[noreturn]] void corrupt(const std::string& what) const { throw Error(ErrorKind::kCorrupt, path_, what); }
  [[noreturn]] void unsupported(const std::string& what, const std::string& remedy) const {
    throw Error(ErrorKind::kUnsupported, path_, what, remedy);
  }

  // Models without a set of standard operators are no networks, unless all they hold are functions.
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
    if (model_.functions_size() > 0) return;
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

  void read_input() {
    const onnx::ValueInfoProto* input = nullptr;
    std::string names;
    int count = 0;
    for (const auto& candidate : proto_.input()) {
      if (indices_.count(candidate.name()) > 0) continue;  // a weight listed as input, as old exporters do
      names += (count++ > 0 ? ", " : "") + candidate.name();
      input = &candidate;
    }
    if (count == 0) corrupt("has no input: every listed one is a weight");
    if (count > 1) {
      unsupported(fmt::format("has {} inputs ({}); networks with one input are read", count, names),
                  "export it with the others as constants");
    }
    graph_.input = add_value(input->name());
    const auto& type = input->type().tensor_type();
    if (!type.has_shape()) {
      unsupported(fmt::format("gives no shape for its input \"{}\"", input->name()),
                  "export it with a fixed input shape");
    }
    const auto& element = type.elem_type();
    input_is_float_ = element == onnx::TensorProto::FLOAT || element == onnx::TensorProto::FLOAT16 ||
                      element == onnx::TensorProto::DOUBLE || element == onnx::TensorProto::BFLOAT16;
    auto& shape = graph_.values[static_cast<size_t>(graph_.input)].shape;
    for (int axis = 0; axis < type.shape().dim_size(); ++axis) {
      const auto& size = type.shape().dim(axis);
      // 0 and negative sizes are how some exporters write "free".
      const int64_t free = axis == 0 ? 1 : axis >= 2 ? side_ : -1;
      shape.push_back(size.dim_value() > 0 ? size.dim_value() : free);
    }
  }

  onnx::ModelProto& model_;
  onnx::GraphProto& proto_;
  ExternalData external_;
  const std::string& path_;
  int side_;
  bool input_is_float_ = false;
  Graph graph_;
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

Graph read_onnx_graph(std::string_view bytes, const std::string& path, int side, OnnxInput* input) {
  onnx::ModelProto model = parse_model(bytes, path);
  OnnxReader reader(model, path, side);
  Graph graph = reader.read();
  if (input != nullptr) input->is_float = reader.input_is_float();
  return graph;
}

}  // namespace microtome
