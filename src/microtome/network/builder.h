// SPDX-License-Identifier: Apache-2.0
// Networks written down in code: architectures of the lab, planted networks and tests.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

// Square kernels take their size from the weights or from `kernel`.
struct ConvOptions {
  int64_t stride = 1, pad = 0, dilation = 1, groups = 1;
  bool half = false;  // pads half the kernel on each axis, whatever `pad` says
};
struct PoolOptions {
  int64_t kernel = 2, stride = 2, pad = 0;
  bool ceil = false;
  bool count_padding = false;  // average_pool alone
};

// Adds nodes in running order; each node's value and the node itself bear the name given, which must be new (else
// Error(kUsage)). Weights are given by the caller and become constants "NAME.weight", "NAME.bias" ...; an undefined
// bias is left out. Indices stay valid in the finished graph and in the Network made of it.
class GraphBuilder {
 public:
  // Once, first. `shape` with the batch axis (-1): {-1, 3, 64, 64} or {-1, 10}.
  ValueIndex input(const std::string& name, std::vector<int64_t> shape);
  ValueIndex constant(const std::string& name, const at::Tensor& tensor);
  // Any operator; one output.
  ValueIndex node(const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                  std::map<std::string, Attribute> attributes = {}, int64_t version = 13);

  // weight [out, in/groups, h, w], bias [out].
  ValueIndex conv(const std::string& name, ValueIndex x, const at::Tensor& weight, const at::Tensor& bias,
                  const ConvOptions& options = {});
  // Each [C].
  ValueIndex batch_norm(const std::string& name, ValueIndex x, const at::Tensor& scale, const at::Tensor& offset,
                        const at::Tensor& mean, const at::Tensor& variance, double epsilon = 1e-5);
  ValueIndex relu(const std::string& name, ValueIndex x);
  ValueIndex max_pool(const std::string& name, ValueIndex x, const PoolOptions& options = {});
  ValueIndex average_pool(const std::string& name, ValueIndex x, const PoolOptions& options = {});
  ValueIndex global_average_pool(const std::string& name, ValueIndex x);  // [N,C,1,1]
  ValueIndex flatten(const std::string& name, ValueIndex x);
  // y = x weight^T + bias; weight [out, in].
  ValueIndex gemm(const std::string& name, ValueIndex x, const at::Tensor& weight, const at::Tensor& bias);
  ValueIndex add(const std::string& name, ValueIndex a, ValueIndex b);
  ValueIndex concat(const std::string& name, std::vector<ValueIndex> parts);  // along channels
  ValueIndex dropout(const std::string& name, ValueIndex x, double ratio = 0.5);
  ValueIndex softmax(const std::string& name, ValueIndex x);  // over the last axis

  // The graph so far, with these outputs; logits first.
  Graph finish(std::vector<ValueIndex> outputs) const;

 private:
  ValueIndex value(const std::string& name, std::vector<int64_t> shape, at::Tensor constant);

  Graph graph_;
};

}  // namespace microtome
