// SPDX-License-Identifier: Apache-2.0
// The nodes that one ONNX node becomes, written down one after the other.
#pragma once
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

// Null when the node has none of that name.
const onnx::AttributeProto* attribute_of(const onnx::NodeProto& node, std::string_view name);
// An integer or a number.
double number_of(const onnx::NodeProto& node, std::string_view name, double fallback);

class OnnxParts {
 public:
  // `whole` must outlive it.
  explicit OnnxParts(const onnx::NodeProto& whole) : whole_(whole) {}

  // Input i of the whole; empty when it is absent.
  std::string input(int i) const { return i < whole_.input_size() ? whole_.input(i) : std::string(); }

  // A new node; the name of what it makes, OUTPUT/OPERATOR. Empty inputs at the end are left out.
  std::string add(const std::string& op, const std::vector<std::string>& inputs);
  // One output more of the node added last; another name of its first.
  std::string add_output();
  void name_output(const std::string& name) { nodes_.back().set_output(0, name); }

  // Attributes of the node added last: of the whole, or new ones.
  void take(const onnx::AttributeProto& attribute) { *nodes_.back().add_attribute() = attribute; }
  void take_all(std::initializer_list<std::string_view> but = {});
  void set(const std::string& name, int64_t value);
  void set(const std::string& name, double value);
  void set(const std::string& name, const std::string& value);

  // Constants: one number, the numbers of an attribute, integers.
  std::string number(double value);
  std::string numbers(const onnx::AttributeProto& given);
  std::string integers(std::initializer_list<int64_t> values);

  // The parts do not do what the whole asks for: it stands for itself.
  void give_up() { given_up_ = true; }

  // The last one makes the first output of the whole and bears its name.
  std::vector<onnx::NodeProto> finish();

 private:
  onnx::AttributeProto& fresh(const std::string& name, onnx::AttributeProto::AttributeType type);

  const onnx::NodeProto& whole_;
  std::vector<onnx::NodeProto> nodes_;
  std::map<std::string, int> turns_;
  bool given_up_ = false;
};

}  // namespace microtome
