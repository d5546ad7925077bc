// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_nodes.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/network/formats/onnx_fused.h"
#include "microtome/network/formats/onnx_module.h"
#include "microtome/network/formats/onnx_order.h"
#include "microtome/network/formats/onnx_parts.h"
#include "microtome/network/formats/settle_inputs.h"
#include "microtome/network/schedule.h"

namespace microtome {
namespace {

using google::protobuf::RepeatedPtrField;

constexpr int kMostNodes = 1 << 16;  // that unfolding may read
constexpr int kDeepest = 32;         // functions and bodies within each other
constexpr int64_t kMostRounds = 1024;
constexpr int kMostEvaluations = 4096;  // of conditions; one that asks for shapes runs the network, and counts for more
constexpr int kShapeEvaluation = 16;

std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

std::string describe(const onnx::NodeProto& node) {
  const std::string& name = !node.name().empty() || node.output_size() == 0 ? node.name() : node.output(0);
  return fmt::format("{} node \"{}\"", node.op_type(), name);
}

// Values for attributes that a call leaves out; a field of functions newer than the message that it is read by.
std::vector<onnx::AttributeProto> defaults_of(const onnx::FunctionProto& function) {
  constexpr int kDefaults = 11;
  std::vector<onnx::AttributeProto> found;
  const auto& unknown = function.GetReflection()->GetUnknownFields(function);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const auto& field = unknown.field(i);
    if (field.number() != kDefaults || field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    if (onnx::AttributeProto attribute; attribute.ParseFromString(field.length_delimited())) {
      found.push_back(std::move(attribute));
    }
  }
  return found;
}

// Attributes that name one of the function's become what its call gives, those that it does not give go.
void resolve(onnx::NodeProto& node, const std::vector<onnx::AttributeProto>& given) {
  auto& attributes = *node.mutable_attribute();
  for (int i = attributes.size(); i-- > 0;) {
    const std::string wanted = attributes[i].ref_attr_name();
    if (wanted.empty()) continue;
    const std::string name = attributes[i].name();
    const auto found = std::ranges::find(given, wanted, [](const auto& one) { return one.name(); });
    if (found == given.end()) {
      attributes.DeleteSubrange(i, 1);
    } else {
      attributes[i] = *found;
      attributes[i].set_name(name);
    }
  }
}

}  // namespace

OnnxNodes::OnnxNodes(onnx::ModelProto& model, const std::string& path, ExternalData& external, Graph& graph,
                     Names& names)
    : model_(model), path_(path), external_(external), graph_(graph) {
  whole_.names = &names;
  for (const auto& opset : model.opset_import()) whole_.opsets[domain_of(opset.domain())] = opset.version();
  for (const auto& function : model.functions())
    functions_[{domain_of(function.domain()), function.name()}] = &function;
  for (const Value& value : graph.values) taken_.insert(value.name);
}

void OnnxNodes::read() { read_nodes(*model_.mutable_graph()->mutable_node(), whole_); }

void OnnxNodes::corrupt(const std::string& what) const { throw Error(ErrorKind::kCorrupt, path_, what); }

ValueIndex* OnnxNodes::find(const Scope& scope, const std::string& name) const {
  for (const Scope* around = &scope; around != nullptr; around = around->outer) {
    if (const auto found = around->names->find(name); found != around->names->end()) return &found->second;
  }
  return nullptr;
}

ValueIndex OnnxNodes::known_value(const Scope& scope, const std::string& name, const onnx::NodeProto& reader) const {
  if (const ValueIndex* found = find(scope, name)) return *found;
  corrupt(fmt::format("{} reads \"{}\", which nothing before it makes", describe(reader), name));
}

// Of values in bodies and functions; each has one of its own.
std::string OnnxNodes::full_name(const Scope& scope, const std::string& name) {
  const auto other = scope.as.find(name);
  std::string full = other != scope.as.end() ? other->second : scope.prefix + name;
  while (taken_.contains(full)) full += "'";
  return full;
}

ValueIndex OnnxNodes::add_constant(const std::string& name, at::Tensor tensor) {
  const auto index = static_cast<ValueIndex>(graph_.values.size());
  taken_.insert(name);
  graph_.values.push_back({.name = name, .shape = {}, .constant = std::move(tensor)});
  return index;
}

ValueIndex OnnxNodes::add_value(Scope& scope, const std::string& name) {
  if (name.empty()) corrupt("has a value without a name");
  if (scope.names->contains(name)) corrupt(fmt::format("makes the value \"{}\" twice", name));
  return (*scope.names)[name] = add_constant(full_name(scope, name), {});
}

void OnnxNodes::bind(Scope& scope, const std::string& name, ValueIndex value) {
  if (name.empty()) return;
  if (!scope.names->emplace(name, value).second) corrupt(fmt::format("makes the value \"{}\" twice", name));
}

ValueIndex OnnxNodes::add_node(const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                               std::map<std::string, Attribute> attributes) {
  const ValueIndex made = add_constant(name, {});
  graph_.nodes.push_back({.op = op,
                          .name = name,
                          .version = kNewestOpset,
                          .inputs = std::move(inputs),
                          .outputs = {made},
                          .attributes = std::move(attributes)});
  return made;
}

std::string OnnxNodes::inside(const Scope& scope, const onnx::NodeProto& node) const {
  const std::string& own = !node.name().empty()     ? node.name()
                           : node.output_size() > 0 ? node.output(0)
                                                    : node.op_type();
  return scope.prefix + own + "/";
}

void OnnxNodes::read_nodes(RepeatedPtrField<onnx::NodeProto>& nodes, Scope& scope) {
  if (++depth_ > kDeepest) {
    throw Error(ErrorKind::kUnsupported, path_, fmt::format("has functions or branches {} deep", kDeepest),
                "export it without them");
  }
  for (const int place : running_order(nodes)) read_node(nodes[place], scope);
  --depth_;
}

void OnnxNodes::read_node(onnx::NodeProto& proto, Scope& scope) {
  if (depth_ > 1 && ++unfolded_ > kMostNodes) {
    throw Error(ErrorKind::kUnsupported, path_, fmt::format("unfolds to more than {} nodes", kMostNodes),
                "export it with smaller loops and functions");
  }
  if (depth_ > 1) resolve(proto, scope.given);
  const std::string domain = domain_of(proto.domain());
  const auto function = functions_.find({domain, proto.op_type()});
  if (function != functions_.end()) return read_function(*function->second, proto, scope);
  if (domain.empty() && proto.op_type() == "If") return read_if(proto, scope);
  if (domain.empty() && proto.op_type() == "Loop") return read_loop(proto, scope);
  std::vector<onnx::NodeProto> parts = unfused(proto);
  for (onnx::NodeProto& part : parts) read_plain(part, scope);
  if (parts.empty()) read_plain(proto, scope);
}

// Operators of other domains bear their names, by which none is known here.
void OnnxNodes::read_plain(onnx::NodeProto& proto, Scope& scope) {
  const std::string domain = domain_of(proto.domain());
  const auto opset = scope.opsets.find(domain);
  Node node{.op = domain.empty() ? proto.op_type() : domain + "." + proto.op_type(),
            .name = proto.name().empty() ? "" : scope.prefix + proto.name(),
            .scope = module_of(proto),
            .version = opset == scope.opsets.end() ? kNewestOpset : opset->second,
            .inputs = {},
            .outputs = {},
            .attributes = {}};
  for (const std::string& name : proto.input()) {
    node.inputs.push_back(name.empty() ? -1 : known_value(scope, name, proto));
  }
  for (const std::string& name : proto.output()) node.outputs.push_back(name.empty() ? -1 : add_value(scope, name));
  take_attributes(proto, node);
  if (node.op != "Constant" || !fold_constant(node)) graph_.nodes.push_back(std::move(node));
}

void OnnxNodes::take_attributes(onnx::NodeProto& proto, Node& node) {
  using Type = onnx::AttributeProto;
  for (onnx::AttributeProto& given : *proto.mutable_attribute()) {
    Attribute& taken = node.attributes[given.name()];
    switch (given.type()) {
      case Type::FLOAT:
        taken = static_cast<double>(given.f());
        break;
      case Type::INT:
        taken = given.i();
        break;
      case Type::STRING:
        taken = given.s();
        break;
      case Type::FLOATS:
        taken = std::vector<double>(given.floats().begin(), given.floats().end());
        break;
      case Type::INTS:
        taken = std::vector<int64_t>(given.ints().begin(), given.ints().end());
        break;
      case Type::STRINGS:
        taken = std::vector<std::string>(given.strings().begin(), given.strings().end());
        break;
      case Type::TENSOR:
        taken =
            take_or_refuse(*given.mutable_t(), external_,
                           fmt::format("{}: {}, attribute \"{}\"", path_, describe(proto), given.name()), node.refusal);
        break;
      default:
        node.refusal =
            fmt::format("has an attribute \"{}\" of type {}", given.name(), Type::AttributeType_Name(given.type()));
    }
  }
}

// As a node that nothing can run, so that only what reads it is lost.
void OnnxNodes::refuse(const onnx::NodeProto& proto, Scope& scope, const std::string& why) {
  onnx::NodeProto plain = proto;
  plain.clear_attribute();
  read_plain(plain, scope);
  graph_.nodes.back().refusal = why;
}

// A Constant node is a weight in another place. False where it is text or sparse: the node then stays.
bool OnnxNodes::fold_constant(const Node& node) {
  const auto from_int = [](const Attribute& a) { return at::scalar_tensor(std::get<int64_t>(a), at::kLong); };
  const auto from_ints = [](const Attribute& a) { return at::tensor(std::get<std::vector<int64_t>>(a), at::kLong); };
  const auto from_float = [](const Attribute& a) { return at::scalar_tensor(std::get<double>(a), at::kFloat); };
  const auto from_floats = [](const Attribute& a) { return at::tensor(std::get<std::vector<double>>(a), at::kFloat); };
  const auto from_tensor = [](const Attribute& a) { return std::get<at::Tensor>(a); };
  const std::pair<std::string, std::function<at::Tensor(const Attribute&)>> forms[] = {
      {"value", from_tensor},      {"value_int", from_int},       {"value_ints", from_ints},
      {"value_float", from_float}, {"value_floats", from_floats},
  };
  if (node.outputs.size() != 1 || node.outputs[0] < 0) corrupt("has a Constant node without an output");
  if (!node.refusal.empty()) return false;
  Value& value = graph_.values[at_index(node.outputs[0])];
  for (const auto& [name, make] : forms) {
    const auto attribute = node.attributes.find(name);
    if (attribute == node.attributes.end()) continue;
    try {
      value.constant = make(attribute->second);
    } catch (const std::bad_variant_access&) {
      corrupt(fmt::format("the Constant \"{}\" has a {} of the wrong type", value.name, name));
    }
    return true;
  }
  return false;
}

void OnnxNodes::read_body(const onnx::GraphProto& given, Scope& scope) {
  onnx::GraphProto body = given;  // weights are taken out of it, and another round may read it again
  for (onnx::TensorProto& tensor : *body.mutable_initializer()) {
    const ValueIndex index = add_value(scope, tensor.name());
    const std::string where = fmt::format("{}: weight \"{}\"", path_, tensor.name());
    graph_.values[at_index(index)].constant = take_tensor(tensor, external_, where);
  }
  read_nodes(*body.mutable_node(), scope);
}

void OnnxNodes::read_function(const onnx::FunctionProto& function, const onnx::NodeProto& proto, Scope& scope) {
  Names names;
  Scope inner{.names = &names, .prefix = inside(scope, proto)};
  for (const auto& opset : function.opset_import()) inner.opsets[domain_of(opset.domain())] = opset.version();
  if (inner.opsets.empty()) inner.opsets = scope.opsets;
  inner.given.assign(proto.attribute().begin(), proto.attribute().end());
  for (onnx::AttributeProto& usual : defaults_of(function)) inner.given.push_back(std::move(usual));
  for (int i = 0; i < function.input_size(); ++i) {
    const bool there = i < proto.input_size() && !proto.input(i).empty();
    bind(inner, function.input(i), there ? known_value(scope, proto.input(i), proto) : -1);
  }
  if (proto.output_size() > function.output_size()) corrupt(describe(proto) + " wants more than its function makes");
  for (int i = 0; i < proto.output_size(); ++i) {
    if (!proto.output(i).empty()) inner.as[function.output(i)] = full_name(scope, proto.output(i));
  }
  onnx::FunctionProto body = function;
  read_nodes(*body.mutable_node(), inner);
  for (int i = 0; i < proto.output_size(); ++i) {
    bind(scope, proto.output(i), known_value(inner, function.output(i), proto));
  }
}

std::optional<at::Tensor> OnnxNodes::settled(ValueIndex value) {
  if (value < 0) return std::nullopt;
  if (graph_.values[at_index(value)].constant.defined()) return graph_.values[at_index(value)].constant;
  const Dependence depends = input_dependence(graph_)[at_index(value)];
  const bool by_shape = depends == Dependence::kShape && graph_.input >= 0;
  evaluations_ += by_shape ? kShapeEvaluation : 1;
  if (depends == Dependence::kContent || evaluations_ > kMostEvaluations) return std::nullopt;
  try {
    const at::AutoGradMode no_gradients(false);
    const at::Tensor input =
        by_shape ? at::zeros(usual_lengths(graph_.values[at_index(graph_.input)].shape)) : at::Tensor();
    Schedule::Options options;
    if (!by_shape) options.limits = RunLimits::for_constants(graph_);
    return Schedule(graph_, {&value, 1}).run(input, options)[0];
  } catch (const std::exception&) {  // whatever it is will be said where the node is run
    return std::nullopt;
  }
}

void OnnxNodes::read_if(const onnx::NodeProto& proto, Scope& scope) {
  if (proto.input_size() < 1) corrupt(describe(proto) + " has no condition");
  const auto condition = settled(known_value(scope, proto.input(0), proto));
  if (!condition || condition->numel() != 1) {
    return refuse(proto, scope, "goes one way or another by what is in the picture");
  }
  const auto* branch = attribute_of(proto, condition->item<double>() != 0 ? "then_branch" : "else_branch");
  if (branch == nullptr || branch->g().output_size() < proto.output_size()) {
    corrupt(describe(proto) + " has no whole branch");
  }
  const onnx::GraphProto& body = branch->g();
  Names names;
  Scope inner{&scope, &names, inside(scope, proto), {}, scope.opsets, scope.given};
  for (int i = 0; i < proto.output_size(); ++i) {
    if (!proto.output(i).empty()) inner.as[body.output(i).name()] = full_name(scope, proto.output(i));
  }
  read_body(body, inner);
  for (int i = 0; i < proto.output_size(); ++i) {
    bind(scope, proto.output(i), known_value(inner, body.output(i).name(), proto));
  }
}

// What cannot be unrolled leaves nothing behind.
void OnnxNodes::read_loop(const onnx::NodeProto& proto, Scope& scope) {
  const auto* body = attribute_of(proto, "body");
  const int carried = std::max(proto.input_size() - 2, 0);
  if (body == nullptr || body->g().input_size() != carried + 2 || body->g().output_size() < carried + 1 ||
      proto.output_size() > body->g().output_size() - 1) {
    corrupt(describe(proto) + " has no whole body");
  }
  const size_t values = graph_.values.size(), nodes = graph_.nodes.size();
  const std::optional<std::string> why_not = unroll(proto, body->g(), scope);
  if (!why_not) return;
  graph_.values.resize(values);
  graph_.nodes.resize(nodes);
  refuse(proto, scope, *why_not);
}

std::optional<std::string> OnnxNodes::unroll(const onnx::NodeProto& proto, const onnx::GraphProto& body, Scope& scope) {
  const auto input = [&](int i) {
    const bool there = i < proto.input_size() && !proto.input(i).empty();
    return there ? known_value(scope, proto.input(i), proto) : ValueIndex{-1};
  };
  const auto rounds = settled(input(0)), first = settled(input(1));
  const auto unknown = [&](int i, const auto& found) { return input(i) >= 0 && !(found && found->numel() == 1); };
  if (unknown(0, rounds) || unknown(1, first)) return "repeats as often as the picture says";
  std::vector<ValueIndex> made;  // what is carried, then what each round adds
  for (int i = 2; i < proto.input_size(); ++i) made.push_back(input(i));
  const size_t carried = made.size();
  std::vector<std::vector<ValueIndex>> rows(static_cast<size_t>(body.output_size()) - 1 - carried);
  bool goes_on = !first || first->item<double>() != 0;
  for (int64_t round = 0; goes_on && (!rounds || round < rounds->item<int64_t>()); ++round) {
    if (round == kMostRounds) return fmt::format("repeats more than {} times", kMostRounds);
    Names names;
    Scope inner{&scope, &names, fmt::format("{}{}/", inside(scope, proto), round), {}, scope.opsets, scope.given};
    bind(inner, body.input(0).name(), add_constant(inner.prefix + "round", at::scalar_tensor(round, at::kLong)));
    bind(inner, body.input(1).name(), add_constant(inner.prefix + "goes_on", at::scalar_tensor(true, at::kBool)));
    for (size_t i = 0; i < carried; ++i) bind(inner, body.input(static_cast<int>(i) + 2).name(), made[i]);
    read_body(body, inner);
    const auto output = [&](size_t i) { return known_value(inner, body.output(static_cast<int>(i)).name(), proto); };
    for (size_t i = 0; i < carried; ++i) made[i] = output(i + 1);
    for (size_t i = 0; i < rows.size(); ++i) rows[i].push_back(output(i + 1 + carried));
    const auto next = settled(output(0));
    if (!next || next->numel() != 1) return "repeats as often as the picture says";
    goes_on = next->item<double>() != 0;
  }
  for (std::vector<ValueIndex>& parts : rows) {
    if (parts.empty()) return "never runs, and its rows have no shape";
    const ValueIndex axis = add_constant(inside(scope, proto) + "axis", at::zeros({1}, at::kLong));
    for (ValueIndex& part : parts) {
      part = add_node("Unsqueeze", graph_.values[at_index(part)].name + "/row", {part, axis});
    }
    made.push_back(add_node("Concat", inside(scope, proto) + "rows", parts, {{"axis", int64_t{0}}}));
  }
  for (int i = 0; i < proto.output_size(); ++i) {
    const std::string& name = proto.output(i);
    if (!name.empty()) bind(scope, name, add_node("Identity", full_name(scope, name), {made[static_cast<size_t>(i)]}));
  }
  return std::nullopt;
}

}  // namespace microtome
