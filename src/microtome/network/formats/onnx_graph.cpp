// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_graph.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <functional>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/onnx_proto.h"
#include "microtome/network/formats/onnx_tensor.h"

namespace microtome {
namespace {

constexpr int64_t kNewestOpset = 21;
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
    opset_ = find_opset();
    read_initializers();
    read_input();
    for (const int place : running_order()) read_node(*proto_.mutable_node(place));
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

  int64_t find_opset() const {
    for (const auto& opset : model_.opset_import()) {
      if (!standard_domain(opset.domain())) continue;
      if (opset.version() < 1) corrupt(fmt::format("claims operator set {}", opset.version()));
      if (opset.version() > kNewestOpset) {
        unsupported(fmt::format("uses operator set {}; the newest known here is {}", opset.version(), kNewestOpset),
                    "export it with opset_version=17");
      }
      return opset.version();
    }
    corrupt("names no operator set: this is not a whole ONNX model");
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
      graph_.values[static_cast<size_t>(index)].constant =
          take_tensor(tensor, external_, fmt::format("{}: weight \"{}\"", path_, tensor.name()));
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

  // ONNX asks for nodes in an order in which they can run, and not all writers heed that. A node that never can keeps
  // its turn behind the others and is refused by what it reads.
  std::vector<int> running_order() const {
    const int count = proto_.node_size();
    std::unordered_map<std::string, std::vector<int>> readers;
    std::vector<int> missing(static_cast<size_t>(count)), order, late;
    std::unordered_set<std::string> made;
    for (const auto& node : proto_.node()) made.insert(node.output().begin(), node.output().end());
    for (int i = 0; i < count; ++i) {
      for (const std::string& name : proto_.node(i).input()) {
        if (name.empty() || !made.contains(name)) continue;
        readers[name].push_back(i);
        ++missing[static_cast<size_t>(i)];
      }
    }
    std::set<int> ready;  // the first in the file first, so that an order which is right stays
    for (int i = 0; i < count; ++i) {
      if (missing[static_cast<size_t>(i)] == 0) ready.insert(i);
    }
    while (!ready.empty()) {
      order.push_back(*ready.begin());
      ready.erase(ready.begin());
      for (const std::string& name : proto_.node(order.back()).output()) {
        for (const int reader : std::exchange(readers[name], {})) {
          if (--missing[static_cast<size_t>(reader)] == 0) ready.insert(reader);
        }
      }
    }
    for (int i = 0; i < count; ++i) {
      if (missing[static_cast<size_t>(i)] > 0) late.push_back(i);
    }
    order.insert(order.end(), late.begin(), late.end());
    return order;
  }

  std::string describe_proto(const onnx::NodeProto& node) const {
    const std::string& name = !node.name().empty() || node.output_size() == 0 ? node.name() : node.output(0);
    return fmt::format("{} node \"{}\"", node.op_type(), name);
  }

  void read_node(onnx::NodeProto& proto) {
    if (!standard_domain(proto.domain())) {
      unsupported(fmt::format("{} is of the operator domain \"{}\"", describe_proto(proto), proto.domain()),
                  "export it with standard ONNX operators only");
    }
    Node node{
        .op = proto.op_type(), .name = proto.name(), .version = opset_, .inputs = {}, .outputs = {}, .attributes = {}};
    for (const std::string& name : proto.input()) {
      node.inputs.push_back(name.empty() ? -1 : known_value(name, describe_proto(proto)));
    }
    for (const std::string& name : proto.output()) node.outputs.push_back(name.empty() ? -1 : add_value(name));
    for (onnx::AttributeProto& attribute : *proto.mutable_attribute()) {
      node.attributes[attribute.name()] = take_attribute(attribute, proto);
    }
    if (node.op == "Constant") {
      fold_constant(node);
    } else {
      graph_.nodes.push_back(std::move(node));
    }
  }

  Attribute take_attribute(onnx::AttributeProto& proto, const onnx::NodeProto& node) {
    switch (proto.type()) {
      case onnx::AttributeProto::FLOAT:
        return static_cast<double>(proto.f());
      case onnx::AttributeProto::INT:
        return proto.i();
      case onnx::AttributeProto::STRING:
        return proto.s();
      case onnx::AttributeProto::FLOATS:
        return std::vector<double>(proto.floats().begin(), proto.floats().end());
      case onnx::AttributeProto::INTS:
        return std::vector<int64_t>(proto.ints().begin(), proto.ints().end());
      case onnx::AttributeProto::STRINGS:
        return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
      case onnx::AttributeProto::TENSOR:
        return take_tensor(*proto.mutable_t(), external_,
                           fmt::format("{}: {}, attribute \"{}\"", path_, describe_proto(node), proto.name()));
      default:
        unsupported(fmt::format("{} has an attribute \"{}\" of type {}", describe_proto(node), proto.name(),
                                onnx::AttributeProto::AttributeType_Name(proto.type())),
                    "export it without control flow and custom types");
    }
  }

  // A Constant node is a weight in another place.
  void fold_constant(const Node& node) {
    const auto from_int = [](const Attribute& a) { return at::scalar_tensor(std::get<int64_t>(a), at::kLong); };
    const auto from_ints = [](const Attribute& a) { return at::tensor(std::get<std::vector<int64_t>>(a), at::kLong); };
    const auto from_float = [](const Attribute& a) { return at::scalar_tensor(std::get<double>(a), at::kFloat); };
    const auto from_floats = [](const Attribute& a) {
      return at::tensor(std::get<std::vector<double>>(a), at::kFloat);
    };
    const auto from_tensor = [](const Attribute& a) { return std::get<at::Tensor>(a); };
    const std::pair<std::string, std::function<at::Tensor(const Attribute&)>> forms[] = {
        {"value", from_tensor},      {"value_int", from_int},       {"value_ints", from_ints},
        {"value_float", from_float}, {"value_floats", from_floats},
    };
    if (node.outputs.size() != 1 || node.outputs[0] < 0) corrupt("has a Constant node without an output");
    Value& value = graph_.values[static_cast<size_t>(node.outputs[0])];
    for (const auto& [name, make] : forms) {
      const auto attribute = node.attributes.find(name);
      if (attribute == node.attributes.end()) continue;
      try {
        value.constant = make(attribute->second);
      } catch (const std::bad_variant_access&) {
        corrupt(fmt::format("the Constant \"{}\" has a {} of the wrong type", value.name, name));
      }
      return;
    }
    unsupported(fmt::format("the Constant \"{}\" is text or sparse", value.name), "export it without such constants");
  }

  onnx::ModelProto& model_;
  onnx::GraphProto& proto_;
  ExternalData external_;
  const std::string& path_;
  int side_;
  int64_t opset_ = 0;
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
