// SPDX-License-Identifier: Apache-2.0
// A small ONNX model for tests: [1,3,8,8] pictures to 5 logits.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

// Conv (raw weight, typed bias), Relu, MaxPool, Reshape by a Constant, Gemm.
inline onnx::ModelProto small_model() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  auto& graph = *model.mutable_graph();
  auto& input = *graph.add_input();
  input.set_name("image");
  auto& type = *input.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const int64_t size : {1, 3, 8, 8}) type.mutable_shape()->add_dim()->set_dim_value(size);
  const auto weight = [&](const std::string& name, const std::vector<int64_t>& dims, bool raw) {
    auto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    int64_t count = 1;
    for (const int64_t dim : dims) {
      tensor.add_dims(dim);
      count *= dim;
    }
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(0.01F * static_cast<float>(i % 17) - 0.05F);
    if (raw) tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    for (const float value : values) {
      if (!raw) tensor.add_float_data(value);
    }
  };
  weight("w1", {4, 3, 3, 3}, true);
  weight("b1", {4}, false);
  weight("w2", {5, 16}, true);
  const auto node = [&](const std::string& op, std::initializer_list<const char*> inputs,
                        const char* output) -> onnx::NodeProto& {
    auto& made = *graph.add_node();
    made.set_op_type(op);
    made.set_name(std::string("node_") + output);
    for (const char* name : inputs) made.add_input(name);
    made.add_output(output);
    return made;
  };
  const auto ints = [](onnx::NodeProto& of, const char* name, std::initializer_list<int64_t> values) {
    auto& attribute = *of.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : values) attribute.add_ints(value);
  };
  auto& conv = node("Conv", {"image", "w1", "b1"}, "conv");
  ints(conv, "pads", {1, 1, 1, 1});
  ints(conv, "strides", {2, 2});
  node("Relu", {"conv"}, "relu");
  auto& pool = node("MaxPool", {"relu"}, "pool");
  ints(pool, "kernel_shape", {2, 2});
  ints(pool, "strides", {2, 2});
  auto& target = *node("Constant", {}, "target").add_attribute();
  target.set_name("value");
  target.set_type(onnx::AttributeProto::TENSOR);
  target.mutable_t()->set_data_type(onnx::TensorProto::INT64);
  target.mutable_t()->add_dims(2);
  target.mutable_t()->add_int64_data(1);
  target.mutable_t()->add_int64_data(-1);
  node("Reshape", {"pool", "target"}, "flat");
  auto& gemm = *node("Gemm", {"flat", "w2"}, "logits").add_attribute();
  gemm.set_name("transB");
  gemm.set_type(onnx::AttributeProto::INT);
  gemm.set_i(1);
  graph.add_output()->set_name("logits");
  return model;
}

}  // namespace microtome
