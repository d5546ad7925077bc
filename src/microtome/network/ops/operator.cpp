// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/ops/operator.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"

namespace microtome {
namespace {

const std::unordered_map<std::string_view, const Operator*>& table() {
  static const auto made = [] {
    std::unordered_map<std::string_view, const Operator*> by_name;
    for (const OperatorFamily* family : operators::kinds()) {
      for (const Operator& op : family->operators) by_name.emplace(op.name, &op);
    }
    return by_name;
  }();
  return made;
}

const Attribute* find_attribute(const Node& node, const std::string& name) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? nullptr : &found->second;
}

[[noreturn]] void wrong_type(const std::string& name, const char* wanted) {
  throw Error(ErrorKind::kCorrupt, "", fmt::format("attribute \"{}\" is not {}", name, wanted),
              "the file breaks the ONNX format; export the network again");
}

void check_range(std::span<const int64_t> values, IntRange range, const std::string& what) {
  for (const int64_t value : values) {
    if (value >= range.least && value <= range.most) continue;
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("{} holds {}, outside {} to {}", what, value, range.least, range.most),
                "export the network again");
  }
  if (values.size() <= static_cast<size_t>(kMostListed)) return;
  throw Error(ErrorKind::kCorrupt, "", fmt::format("{} holds {} integers", what, values.size()),
              "export the network again");
}

std::string quoted(const std::string& name) { return fmt::format("attribute \"{}\"", name); }

// The operator of which this is a slip of the pen.
std::string meant(const std::string& name) {
  std::vector<std::string> known = operator_names();
  std::erase_if(known, [](const std::string& one) { return find_operator(one)->internal; });
  const std::string nearest = nearest_name(name, known);
  return edit_distance(name, nearest) <= name.size() / 5 ? fmt::format(" (do you mean {}?)", nearest) : "";
}

// What no network here can do, by how the names of its operators begin.
constexpr std::pair<std::string_view, std::string_view> kForeign[] = {
    {"Random", "draws numbers at random"},
    {"Bernoulli", "draws numbers at random"},
    {"Multinomial", "draws numbers at random"},
    {"Sequence", "makes lists of values"},
    {"SplitToSequence", "makes lists of values"},
    {"ConcatFromSequence", "reads lists of values"},
    {"Optional", "makes values that may be absent"},
    {"String", "works on text"},
    {"Tfidf", "works on text"},
    {"Regex", "works on text"},
    {"ImageDecoder", "reads files"},
};

std::string why_unknown(const Node& node) {
  for (const auto& [front, does] : kForeign) {
    if (node.op.starts_with(front)) return fmt::format("{}, which is not done here", does);
  }
  return fmt::format("this operator (opset {}) is not known here{}", node.version, meant(node.op));
}

const std::vector<int64_t> kNoShape;

const std::vector<int64_t>& shape_of(const Graph& graph, const std::vector<ValueIndex>& values, size_t i) {
  if (i >= values.size() || values[i] < 0) return kNoShape;
  return graph.values[at_index(values[i])].shape;
}

}  // namespace

const at::Tensor& OperatorCall::input(size_t i) const {
  if (!has(i)) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("input {} is missing", i),
                "the file breaks the ONNX format; export the network again");
  }
  return inputs[i];
}

bool OperatorCall::owns(size_t i) const {
  return has(i) && inputs[i].use_count() == 1 && inputs[i].storage().use_count() == 1;
}

const std::vector<int64_t>& NodeFacts::input_shape(size_t i) const { return shape_of(graph, node.inputs, i); }
const std::vector<int64_t>& NodeFacts::output_shape(size_t i) const { return shape_of(graph, node.outputs, i); }

const at::Tensor& NodeFacts::constant(size_t i) const {
  static const at::Tensor kAbsent;
  return i >= node.inputs.size() || node.inputs[i] < 0 ? kAbsent : graph.values[at_index(node.inputs[i])].constant;
}

std::vector<int64_t> NodeFacts::constant_ints(size_t i, IntRange range) const {
  return constant(i).defined() ? to_ints(constant(i), range) : std::vector<int64_t>{};
}

const Operator* find_operator(std::string_view name) {
  const auto found = table().find(name);
  return found == table().end() ? nullptr : found->second;
}

const Operator& require_operator(const Node& node) {
  if (!node.refusal.empty()) throw Error(ErrorKind::kUnsupported, "", node.refusal);
  if (const Operator* found = find_operator(node.op)) return *found;
  throw Error(ErrorKind::kUnsupported, "", why_unknown(node));
}

at::ScalarType element_type(int64_t onnx) {
  static constexpr at::ScalarType kUnknown = at::ScalarType::Undefined;
  static constexpr at::ScalarType kTypes[] = {
      kUnknown,   at::kFloat, at::kByte,  at::kChar,  at::kInt,  at::kShort, at::kInt,  at::kLong,
      kUnknown,   at::kBool,  at::kFloat, at::kFloat, at::kLong, at::kLong,  kUnknown,  kUnknown,
      at::kFloat, kUnknown,   kUnknown,   kUnknown,   kUnknown,  at::kByte,  at::kChar,
  };
  if (onnx >= 0 && onnx < static_cast<int64_t>(std::size(kTypes)) && kTypes[onnx] != kUnknown) return kTypes[onnx];
  throw Error(ErrorKind::kUnsupported, "", fmt::format("the element type {} is not supported", onnx));
}

int64_t onnx_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return 2;
    case at::kChar:
      return 3;
    case at::kShort:
      return 5;
    case at::kInt:
      return 6;
    case at::kLong:
      return 7;
    case at::kBool:
      return 9;
    default:
      return 1;
  }
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const OperatorFamily* family : operators::kinds()) {
    for (const Operator& op : family->operators) names.emplace_back(op.name);
  }
  return names;
}

Window same_position(const NodeFacts&) { return {}; }

Window everything(const NodeFacts&) { return {.everything = true}; }

Window by_layout(const NodeFacts& facts) {
  const auto& in = facts.input_shape(0);
  const auto& out = facts.output_shape(0);
  const bool same = in.size() >= 4 && out.size() >= 4 && std::equal(in.end() - 2, in.end(), out.end() - 2);
  return {.everything = !same};
}

bool always(const NodeFacts&) { return true; }

bool with_one_position(const NodeFacts& facts) {
  const auto& shape = facts.input_shape(0);
  return shape.size() == 2 || (shape.size() == 4 && shape[2] == 1 && shape[3] == 1);
}

bool has_attribute(const Node& node, const std::string& name) { return find_attribute(node, name) != nullptr; }

int64_t int_attribute(const Node& node, const std::string& name, int64_t fallback, IntRange range) {
  const Attribute* attribute = find_attribute(node, name);
  if (!attribute) return fallback;
  const auto* value = std::get_if<int64_t>(attribute);
  if (value == nullptr) wrong_type(name, "an integer");
  check_range({value, 1}, range, quoted(name));
  return *value;
}

double float_attribute(const Node& node, const std::string& name, double fallback) {
  const Attribute* attribute = find_attribute(node, name);
  if (!attribute) return fallback;
  if (const auto* value = std::get_if<double>(attribute); value != nullptr && !std::isnan(*value)) return *value;
  if (const auto* value = std::get_if<int64_t>(attribute)) return static_cast<double>(*value);
  wrong_type(name, "a number");
}

std::string string_attribute(const Node& node, const std::string& name, const std::string& fallback) {
  const Attribute* attribute = find_attribute(node, name);
  if (!attribute) return fallback;
  if (const auto* value = std::get_if<std::string>(attribute)) return *value;
  wrong_type(name, "text");
}

std::vector<int64_t> ints_attribute(const Node& node, const std::string& name, IntRange range) {
  const Attribute* attribute = find_attribute(node, name);
  if (!attribute) return {};
  const auto* values = std::get_if<std::vector<int64_t>>(attribute);
  if (values == nullptr) wrong_type(name, "a list of integers");
  check_range(*values, range, quoted(name));
  return *values;
}

const at::Tensor& tensor_attribute(const Node& node, const std::string& name) {
  const Attribute* attribute = find_attribute(node, name);
  if (attribute) {
    if (const auto* value = std::get_if<at::Tensor>(attribute)) return *value;
  }
  wrong_type(name, "a tensor");
}

std::vector<int64_t> to_ints(const at::Tensor& tensor, IntRange range) {
  if (!at::isIntegralType(tensor.scalar_type(), false)) {
    throw Error(ErrorKind::kCorrupt, "", "a shape, axis or pad is not an integer", "export the network again");
  }
  const at::Tensor wide = tensor.to(at::kCPU, at::kLong).contiguous();
  const std::span<const int64_t> values(wide.data_ptr<int64_t>(), static_cast<size_t>(wide.numel()));
  check_range(values, range, "a shape, axis or pad");
  return {values.begin(), values.end()};
}

std::vector<int64_t> ints_of(const OperatorCall& call, size_t i, const std::string& attribute, IntRange range) {
  return call.has(i) ? to_ints(call.inputs[i], range) : ints_attribute(call.node, attribute, range);
}

int64_t normal_axis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("axis {} of a value with {} axes", axis, rank),
                "export the network again");
  }
  return axis < 0 ? axis + rank : axis;
}

}  // namespace microtome
