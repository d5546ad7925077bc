// SPDX-License-Identifier: Apache-2.0
// ONNX models changed in what they mean, not in their bytes: the file stays well-formed, so that damage gets past the
// parser.
#pragma once
#include <array>
#include <cstring>
#include <limits>
#include <string>

#include "microtome/base/rng.h"
#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

namespace mutation {

inline int64_t odd_integer(Rng& rng) {
  constexpr auto kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  constexpr std::array<int64_t, 20> odd = {0,        1,       -1,        2,        3,           7,        64,
                                           65536,    1 << 20, 1 << 30,   1L << 31, -(1L << 31), 1L << 32, 1L << 40,
                                           1L << 62, kMost,   kMost - 1, kLeast,   kLeast + 1,  -2};
  return odd[static_cast<size_t>(rng.below(odd.size()))];
}

inline float odd_float(Rng& rng) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::array<float, 10> odd = {0,    -0.0F, 1e-45F,    1,          -1,
                                         1e6F, 3e38F, kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  return odd[static_cast<size_t>(rng.below(odd.size()))];
}

template <class Repeated>
int any_of(const Repeated& items, Rng& rng) {
  return static_cast<int>(rng.below(items.size()));
}

inline void mutate_attribute(onnx::AttributeProto& attribute, Rng& rng) {
  switch (rng.below(6)) {
    case 0:
      attribute.set_i(odd_integer(rng));
      break;
    case 1:
      attribute.set_f(odd_float(rng));
      break;
    case 2:
      if (attribute.ints_size() > 0) attribute.set_ints(any_of(attribute.ints(), rng), odd_integer(rng));
      break;
    case 3:
      attribute.add_ints(odd_integer(rng));
      break;
    case 4:
      if (attribute.ints_size() > 0) attribute.mutable_ints()->RemoveLast();
      break;
    default:
      attribute.set_type(static_cast<onnx::AttributeProto::AttributeType>(rng.below(13)));
  }
}

// The names of everything that a node can take.
inline std::string any_value(const onnx::GraphProto& graph, Rng& rng) {
  const int kind = static_cast<int>(rng.below(3));
  if (kind == 0 && graph.initializer_size() > 0) return graph.initializer(any_of(graph.initializer(), rng)).name();
  if (kind == 1 && graph.input_size() > 0) return graph.input(any_of(graph.input(), rng)).name();
  const onnx::NodeProto& node = graph.node(any_of(graph.node(), rng));
  return node.output_size() > 0 ? node.output(any_of(node.output(), rng)) : std::string();
}

inline void mutate_inputs(onnx::GraphProto& graph, onnx::NodeProto& node, Rng& rng) {
  const std::string value = any_value(graph, rng);
  if (node.input_size() == 0 || rng.chance(0.2)) {
    node.add_input(value);
  } else if (rng.chance(0.4)) {
    node.mutable_input()->SwapElements(any_of(node.input(), rng), any_of(node.input(), rng));
  } else if (rng.chance(0.3)) {
    node.mutable_input()->RemoveLast();
  } else {
    node.set_input(any_of(node.input(), rng), rng.chance(0.8) ? value : std::string());
  }
}

inline void mutate_node(onnx::GraphProto& graph, Rng& rng) {
  const int at = any_of(graph.node(), rng);
  onnx::NodeProto& node = *graph.mutable_node(at);
  switch (rng.below(7)) {
    case 0:
      mutate_inputs(graph, node, rng);
      break;
    case 1:
      *graph.add_node() = onnx::NodeProto(node);
      break;
    case 2:
      if (graph.node_size() > 1) graph.mutable_node()->DeleteSubrange(at, 1);
      break;
    case 3:
      node.set_op_type(graph.node(any_of(graph.node(), rng)).op_type());
      break;
    case 4:
      graph.mutable_node()->SwapElements(at, any_of(graph.node(), rng));
      break;
    case 5:
      if (node.attribute_size() > 0) node.mutable_attribute()->DeleteSubrange(any_of(node.attribute(), rng), 1);
      break;
    default:
      if (node.attribute_size() > 0) mutate_attribute(*node.mutable_attribute(any_of(node.attribute(), rng)), rng);
  }
}

// Lengths, the type, or what the constant says.
inline void mutate_tensor(onnx::TensorProto& tensor, Rng& rng) {
  std::string& raw = *tensor.mutable_raw_data();
  switch (rng.below(5)) {
    case 0:
      if (tensor.dims_size() > 0) tensor.set_dims(any_of(tensor.dims(), rng), odd_integer(rng));
      break;
    case 1:
      tensor.add_dims(rng.chance(0.5) ? 1 : odd_integer(rng));
      break;
    case 2:
      tensor.set_data_type(static_cast<int>(rng.below(18)));
      break;
    case 3:
      if (tensor.int64_data_size() > 0) tensor.set_int64_data(any_of(tensor.int64_data(), rng), odd_integer(rng));
      if (tensor.float_data_size() > 0) tensor.set_float_data(any_of(tensor.float_data(), rng), odd_float(rng));
      break;
    default:
      if (raw.size() >= 8 && tensor.data_type() == onnx::TensorProto::INT64) {
        const int64_t value = odd_integer(rng);
        std::memcpy(raw.data() + 8 * rng.below(static_cast<int64_t>(raw.size() / 8)), &value, 8);
      } else if (raw.size() >= 4) {
        const float value = odd_float(rng);
        std::memcpy(raw.data() + 4 * rng.below(static_cast<int64_t>(raw.size() / 4)), &value, 4);
      }
  }
  if (raw.empty()) tensor.clear_raw_data();
}

inline void mutate_input_shape(onnx::GraphProto& graph, Rng& rng) {
  auto& shape =
      *graph.mutable_input(any_of(graph.input(), rng))->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (shape.dim_size() > 0 && rng.chance(0.7)) {
    shape.mutable_dim(any_of(shape.dim(), rng))->set_dim_value(odd_integer(rng));
  } else if (shape.dim_size() > 0 && rng.chance(0.5)) {
    shape.mutable_dim()->RemoveLast();
  } else {
    shape.add_dim()->set_dim_value(odd_integer(rng));
  }
}

// A constant within a node, where it has one.
inline onnx::TensorProto* any_tensor(onnx::GraphProto& graph, Rng& rng) {
  if (graph.initializer_size() > 0 && rng.chance(0.7))
    return graph.mutable_initializer(any_of(graph.initializer(), rng));
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t() && rng.chance(0.5)) return attribute.mutable_t();
    }
  }
  return nullptr;
}

}  // namespace mutation

// One to three changes: attributes, shapes, nodes that go, come twice or swap their inputs, extreme constants. The same
// generator gives the same model.
inline void mutate(onnx::ModelProto& model, Rng& rng) {
  onnx::GraphProto& graph = *model.mutable_graph();
  for (int64_t changes = rng.between(1, 3); changes > 0; --changes) {
    if (graph.node_size() == 0) return;
    const double kind = rng.uniform();
    onnx::TensorProto* tensor = kind < 0.25 ? mutation::any_tensor(graph, rng) : nullptr;
    if (tensor != nullptr) {
      mutation::mutate_tensor(*tensor, rng);
    } else if (kind > 0.9 && graph.input_size() > 0) {
      mutation::mutate_input_shape(graph, rng);
    } else if (kind > 0.88 && model.opset_import_size() > 0) {
      model.mutable_opset_import(0)->set_version(rng.between(1, 25));
    } else {
      mutation::mutate_node(graph, rng);
    }
  }
}

}  // namespace microtome
