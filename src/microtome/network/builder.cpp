// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/builder.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {
namespace {

std::vector<int64_t> twice(int64_t n) { return {n, n}; }
std::vector<int64_t> four_times(int64_t n) { return {n, n, n, n}; }

std::map<std::string, Attribute> pool_attributes(const PoolOptions& options) {
  return {{"kernel_shape", twice(options.kernel)},
          {"strides", twice(options.stride)},
          {"pads", four_times(options.pad)},
          {"ceil_mode", int64_t{options.ceil}}};
}

}  // namespace

ValueIndex GraphBuilder::value(const std::string& name, std::vector<int64_t> shape, at::Tensor constant) {
  const bool taken =
      std::any_of(graph_.values.begin(), graph_.values.end(), [&](const Value& other) { return other.name == name; });
  if (taken || name.empty()) {
    throw Error(ErrorKind::kUsage, "value \"" + name + "\"", "the name is empty or taken", "give each value its own");
  }
  graph_.values.push_back({name, std::move(shape), std::move(constant)});
  return static_cast<ValueIndex>(graph_.values.size()) - 1;
}

ValueIndex GraphBuilder::input(const std::string& name, std::vector<int64_t> shape) {
  if (graph_.input >= 0) throw Error(ErrorKind::kUsage, "input \"" + name + "\"", "the graph has an input already");
  graph_.input = value(name, std::move(shape), {});
  return graph_.input;
}

ValueIndex GraphBuilder::constant(const std::string& name, const at::Tensor& tensor) {
  return value(name, tensor.sizes().vec(), tensor.detach());
}

ValueIndex GraphBuilder::node(const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                              std::map<std::string, Attribute> attributes, int64_t version) {
  const ValueIndex made = value(name, {}, {});
  graph_.nodes.push_back({.op = op,
                          .name = name,
                          .version = version,
                          .inputs = std::move(inputs),
                          .outputs = {made},
                          .attributes = std::move(attributes)});
  return made;
}

ValueIndex GraphBuilder::conv(const std::string& name, ValueIndex x, const at::Tensor& weight, const at::Tensor& bias,
                              const ConvOptions& options) {
  std::vector<ValueIndex> inputs = {x, constant(name + ".weight", weight)};
  if (bias.defined()) inputs.push_back(constant(name + ".bias", bias));
  const int64_t rows = options.half ? weight.size(2) / 2 : options.pad;
  const int64_t columns = options.half ? weight.size(3) / 2 : options.pad;
  return node("Conv", name, std::move(inputs),
              {{"kernel_shape", weight.sizes().slice(2).vec()},
               {"strides", twice(options.stride)},
               {"pads", std::vector<int64_t>{rows, columns, rows, columns}},
               {"dilations", twice(options.dilation)},
               {"group", options.groups}});
}

ValueIndex GraphBuilder::batch_norm(const std::string& name, ValueIndex x, const at::Tensor& scale,
                                    const at::Tensor& offset, const at::Tensor& mean, const at::Tensor& variance,
                                    double epsilon) {
  std::vector<ValueIndex> inputs = {x, constant(name + ".weight", scale), constant(name + ".bias", offset),
                                    constant(name + ".mean", mean), constant(name + ".variance", variance)};
  return node("BatchNormalization", name, std::move(inputs), {{"epsilon", epsilon}});
}

ValueIndex GraphBuilder::relu(const std::string& name, ValueIndex x) { return node("Relu", name, {x}); }

ValueIndex GraphBuilder::max_pool(const std::string& name, ValueIndex x, const PoolOptions& options) {
  return node("MaxPool", name, {x}, pool_attributes(options));
}

ValueIndex GraphBuilder::average_pool(const std::string& name, ValueIndex x, const PoolOptions& options) {
  std::map<std::string, Attribute> attributes = pool_attributes(options);
  if (options.count_padding) attributes["count_include_pad"] = int64_t{1};
  return node("AveragePool", name, {x}, std::move(attributes));
}

ValueIndex GraphBuilder::global_average_pool(const std::string& name, ValueIndex x) {
  return node("GlobalAveragePool", name, {x});
}

ValueIndex GraphBuilder::flatten(const std::string& name, ValueIndex x) { return node("Flatten", name, {x}); }

ValueIndex GraphBuilder::gemm(const std::string& name, ValueIndex x, const at::Tensor& weight, const at::Tensor& bias) {
  std::vector<ValueIndex> inputs = {x, constant(name + ".weight", weight)};
  if (bias.defined()) inputs.push_back(constant(name + ".bias", bias));
  return node("Gemm", name, std::move(inputs), {{"transB", int64_t{1}}});
}

ValueIndex GraphBuilder::add(const std::string& name, ValueIndex a, ValueIndex b) { return node("Add", name, {a, b}); }

ValueIndex GraphBuilder::concat(const std::string& name, std::vector<ValueIndex> parts) {
  return node("Concat", name, std::move(parts), {{"axis", int64_t{1}}});
}

ValueIndex GraphBuilder::dropout(const std::string& name, ValueIndex x, double ratio) {
  return node("Dropout", name, {x}, {{"ratio", ratio}}, 10);
}

ValueIndex GraphBuilder::softmax(const std::string& name, ValueIndex x) {
  return node("Softmax", name, {x}, {{"axis", int64_t{-1}}});
}

Graph GraphBuilder::finish(std::vector<ValueIndex> outputs) const {
  Graph finished = graph_;
  finished.outputs = std::move(outputs);
  return finished;
}

}  // namespace microtome
