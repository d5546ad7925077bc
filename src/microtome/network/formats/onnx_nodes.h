// SPDX-License-Identifier: Apache-2.0
// The nodes of an ONNX model as those of a graph. Functions of the model and fused operators become the nodes that they
// stand for, a branch the way that is taken, a loop its rounds one behind the other.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "microtome/network/formats/onnx_proto.h"
#include "microtome/network/formats/onnx_tensor.h"
#include "microtome/network/graph.h"

namespace microtome {

constexpr int64_t kNewestOpset = 23;

class OnnxNodes {
 public:
  using Names = std::unordered_map<std::string, ValueIndex>;

  // `names`: of the graph's values so far, the input and weights; those that nodes make are added.
  OnnxNodes(onnx::ModelProto& model, const std::string& path, ExternalData& external, Graph& graph, Names& names);

  // Adds the nodes of the model's graph in an order in which they can run. A node that cannot run here (a branch that
  // depends on what is in the picture, an attribute of a type that there is none for) is added with its refusal. Throws
  // Error(kCorrupt), Error(kUnsupported) where unfolding reads more than 2^16 nodes.
  void read();

 private:
  // Names that nodes see: their own graph's, then those of the graphs around it.
  struct Scope {
    const Scope* outer = nullptr;
    Names* names = nullptr;
    std::string prefix{};                               // of what values are called in the graph
    std::unordered_map<std::string, std::string> as{};  // values that bear another name there
    std::map<std::string, int64_t> opsets{};            // by domain
    std::vector<onnx::AttributeProto> given{};          // what attributes of a function's nodes refer to
  };

  [[noreturn]] void corrupt(const std::string& what) const;
  ValueIndex* find(const Scope& scope, const std::string& name) const;
  ValueIndex known_value(const Scope& scope, const std::string& name, const onnx::NodeProto& reader) const;
  std::string full_name(const Scope& scope, const std::string& name);
  ValueIndex add_value(Scope& scope, const std::string& name);
  void bind(Scope& scope, const std::string& name, ValueIndex value);
  ValueIndex add_constant(const std::string& name, at::Tensor tensor);
  ValueIndex add_node(const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                      std::map<std::string, Attribute> attributes = {});
  std::string inside(const Scope& scope, const onnx::NodeProto& node) const;

  void read_nodes(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, Scope& scope);
  void read_node(onnx::NodeProto& proto, Scope& scope);
  void read_plain(onnx::NodeProto& proto, Scope& scope);
  void take_attributes(onnx::NodeProto& proto, Node& node);
  void refuse(const onnx::NodeProto& proto, Scope& scope, const std::string& why);
  bool fold_constant(const Node& node);
  // The graph's initializers as constants, then its nodes.
  void read_body(const onnx::GraphProto& body, Scope& scope);
  void read_function(const onnx::FunctionProto& function, const onnx::NodeProto& proto, Scope& scope);
  void read_if(const onnx::NodeProto& proto, Scope& scope);
  void read_loop(const onnx::NodeProto& proto, Scope& scope);
  std::optional<std::string> unroll(const onnx::NodeProto& proto, const onnx::GraphProto& body, Scope& scope);
  // A value that does not depend on what is in the picture; nothing where it does.
  std::optional<at::Tensor> settled(ValueIndex value);

  onnx::ModelProto& model_;
  const std::string& path_;
  ExternalData& external_;
  Graph& graph_;
  Scope whole_;
  std::map<std::pair<std::string, std::string>, const onnx::FunctionProto*> functions_;
  std::unordered_set<std::string> taken_;  // names of values in the graph
  int depth_ = 0, unfolded_ = 0, evaluations_ = 0;
};

}  // namespace microtome
