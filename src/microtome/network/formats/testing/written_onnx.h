// SPDX-License-Identifier: Apache-2.0
// ONNX models written down in a test, and values for them.
#pragma once
#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

using Sizes = std::vector<int64_t>;

// A model written down; lengths of 0 are free.
struct Written {
  onnx::ModelProto model;

  Written() {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(13);
  }
  onnx::GraphProto& graph() { return *model.mutable_graph(); }
  Written& input(const std::string& name, const Sizes& lengths, int type = onnx::TensorProto::FLOAT) {
    auto& made = *graph().add_input();
    made.set_name(name);
    auto& tensor = *made.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    auto& shape = *tensor.mutable_shape();
    for (const int64_t length : lengths) {
      auto& dim = *shape.add_dim();
      if (length > 0) dim.set_dim_value(length);
    }
    return *this;
  }
  Written& weight(const std::string& name, const at::Tensor& values) {
    auto& made = *graph().add_initializer();
    made.set_name(name);
    const bool whole = values.scalar_type() == at::kLong;
    made.set_data_type(whole ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
    for (const int64_t length : values.sizes()) made.add_dims(length);
    const at::Tensor dense = whole ? values.contiguous() : values.to(at::kFloat).contiguous();
    made.set_raw_data(dense.data_ptr(), dense.nbytes());
    return *this;
  }
  onnx::NodeProto& add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output) {
    auto& made = *graph().add_node();
    made.set_op_type(op);
    for (const std::string& name : inputs) made.add_input(name);
    made.add_output(output);
    return made;
  }
  Written& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                const std::map<std::string, Sizes>& lists = {}, const std::map<std::string, int64_t>& integers = {}) {
    auto& made = add(op, inputs, output);
    for (const auto& [name, values] : lists) {
      auto& attribute = *made.add_attribute();
      attribute.set_name(name);
      attribute.set_type(onnx::AttributeProto::INTS);
      for (const int64_t value : values) attribute.add_ints(value);
    }
    for (const auto& [name, value] : integers) {
      auto& attribute = *made.add_attribute();
      attribute.set_name(name);
      attribute.set_type(onnx::AttributeProto::INT);
      attribute.set_i(value);
    }
    return *this;
  }
  Network load(std::vector<GivenInput> given = {}, int side = 0, const std::string& path = "nets/written.onnx") {
    if (graph().output_size() == 0) graph().add_output()->set_name(graph().node(graph().node_size() - 1).output(0));
    return network_from_bytes({path, std::make_shared<const std::string>(model.SerializeAsString()), std::move(given)},
                              side);
  }
};

inline at::Tensor sample_values(const Sizes& shape, int64_t seed = 1) {
  at::Tensor made = at::empty(shape);
  for (int64_t i = 0; i < made.numel(); ++i) {
    made.data_ptr<float>()[i] = static_cast<float>((i * 7 + seed * 13) % 23) / 11 - 1;
  }
  return made;
}

}  // namespace microtome
