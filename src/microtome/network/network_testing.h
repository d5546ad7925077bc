// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: seeded tensors, one-node graphs, numerical gradients.
#pragma once
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/network/builder.h"
#include "microtome/network/executor.h"

namespace microtome::testing {

// Normal numbers, float64.
inline at::Tensor random(std::vector<int64_t> shape, const std::string& purpose, double scale = 1) {
  Rng rng(17, purpose);
  at::Tensor x = at::empty(shape, at::kDouble);
  double* data = x.data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); ++i) data[i] = scale * rng.normal();
  return x;
}

inline at::Tensor random_float(std::vector<int64_t> shape, const std::string& purpose, double scale = 1) {
  return random(std::move(shape), purpose, scale).to(at::kFloat);
}

// A list that also holds when it is one int.
inline std::vector<int64_t> ints(std::initializer_list<int64_t> values) { return values; }

// The graph of one operator: inputs[0] is the graph's input, the others constants; an undefined tensor is left out.
struct OneNode {
  OneNode(const std::string& op, std::vector<at::Tensor> inputs, std::map<std::string, Attribute> attributes = {},
          int64_t version = 13) {
    input = inputs[0];
    GraphBuilder builder;
    std::vector<ValueIndex> values = {builder.input("x", inputs[0].sizes().vec())};
    for (size_t i = 1; i < inputs.size(); ++i) {
      values.push_back(inputs[i].defined() ? builder.constant(fmt::format("c{}", i), inputs[i]) : -1);
    }
    output = builder.node(op, "y", values, std::move(attributes), version);
    graph = builder.finish({output});
  }

  at::Tensor run(const at::Tensor& x) const { return evaluate(graph, x, {&output, 1})[0]; }
  at::Tensor run() const { return run(input); }

  Graph graph;
  at::Tensor input;
  ValueIndex output;
};

inline void expect_close(const at::Tensor& a, const at::Tensor& b, double tolerance = 1e-9) {
  ASSERT_EQ(a.sizes().vec(), b.sizes().vec());
  const double worst = a.numel() ? (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() : 0;
  EXPECT_LE(worst, tolerance);
}

// Calls visit for every index of a shape, in C order.
inline void each_index(const std::vector<int64_t>& shape,
                       const std::function<void(const std::vector<int64_t>&)>& visit) {
  std::vector<int64_t> index(shape.size(), 0);
  int64_t count = 1;
  for (const int64_t length : shape) count *= length;
  for (int64_t i = 0; i < count; ++i) {
    visit(index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

inline double at_or(const at::Tensor& x, const std::vector<int64_t>& index, double outside) {
  int64_t offset = 0;
  for (size_t axis = 0; axis < index.size(); ++axis) {
    if (index[axis] < 0 || index[axis] >= x.size(static_cast<int64_t>(axis))) return outside;
    offset += index[axis] * x.stride(static_cast<int64_t>(axis));
  }
  return x.data_ptr<double>()[offset];
}

// Central differences of f at x in double.
inline at::Tensor numerical_gradient(const std::function<double(const at::Tensor&)>& f, const at::Tensor& x,
                                     double step = 1e-6) {
  at::Tensor gradient = at::zeros_like(x);
  at::Tensor moved = x.clone();
  double* data = moved.data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double middle = data[i];
    data[i] = middle + step;
    const double up = f(moved);
    data[i] = middle - step;
    const double down = f(moved);
    data[i] = middle;
    gradient.data_ptr<double>()[i] = (up - down) / (2 * step);
  }
  return gradient;
}

}  // namespace microtome::testing
