// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace microtome {

using onnx::AttributeProto;
using onnx::NodeProto;

const AttributeProto* attribute_of(const NodeProto& node, std::string_view name) {
  for (const AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

double number_of(const NodeProto& node, std::string_view name, double fallback) {
  const AttributeProto* found = attribute_of(node, name);
  if (found == nullptr) return fallback;
  return found->type() == AttributeProto::INT ? static_cast<double>(found->i()) : found->f();
}

std::string OnnxParts::add(const std::string& op, const std::vector<std::string>& inputs) {
  NodeProto& node = nodes_.emplace_back();
  node.set_op_type(op);
  const int turn = ++turns_[op];
  const std::string name = fmt::format("{}/{}", whole_.output(0), op);
  node.add_output(turn == 1 ? name : fmt::format("{}_{}", name, turn));
  node.set_name(node.output(0));
  size_t count = inputs.size();
  while (count > 0 && inputs[count - 1].empty()) --count;
  for (size_t i = 0; i < count; ++i) node.add_input(inputs[i]);
  return node.output(0);
}

std::string OnnxParts::add_output() {
  NodeProto& node = nodes_.back();
  node.add_output(fmt::format("{}.{}", node.output(0), node.output_size()));
  return node.output(node.output_size() - 1);
}

void OnnxParts::take_all(std::initializer_list<std::string_view> but) {
  for (const AttributeProto& attribute : whole_.attribute()) {
    if (std::find(but.begin(), but.end(), attribute.name()) == but.end()) take(attribute);
  }
}

AttributeProto& OnnxParts::fresh(const std::string& name, AttributeProto::AttributeType type) {
  AttributeProto& attribute = *nodes_.back().add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void OnnxParts::set(const std::string& name, int64_t value) { fresh(name, AttributeProto::INT).set_i(value); }
void OnnxParts::set(const std::string& name, double value) {
  fresh(name, AttributeProto::FLOAT).set_f(static_cast<float>(value));
}
void OnnxParts::set(const std::string& name, const std::string& value) {
  fresh(name, AttributeProto::STRING).set_s(value);
}

std::string OnnxParts::number(double value) {
  const std::string made = add("Constant", {});
  set("value_float", value);
  return made;
}

std::string OnnxParts::numbers(const AttributeProto& given) {
  const std::string made = add("Constant", {});
  take(given);
  nodes_.back().mutable_attribute(0)->set_name("value_floats");
  return made;
}

std::string OnnxParts::integers(std::initializer_list<int64_t> values) {
  const std::string made = add("Constant", {});
  AttributeProto& attribute = fresh("value_ints", AttributeProto::INTS);
  for (const int64_t value : values) attribute.add_ints(value);
  return made;
}

std::vector<NodeProto> OnnxParts::finish() {
  if (given_up_ || nodes_.empty()) return {};
  nodes_.back().set_output(0, whole_.output(0));
  if (!whole_.name().empty()) nodes_.back().set_name(whole_.name());
  return std::move(nodes_);
}

}  // namespace microtome
