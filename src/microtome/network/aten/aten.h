// SPDX-License-Identifier: Apache-2.0
// Operators of PyTorch (ATen) as operators of Graph. One file of this folder per family; TorchScript programs and
// exported ones share them.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/aten/torch_graph.h"
#include "microtome/network/aten/torch_value.h"

namespace microtome {

// One call, with arguments by place and by name as in PyTorch's native_functions.yaml. Whatever does not fit is
// Error(kUnsupported) with an empty `where` that names the operator.
class AtenCall {
 public:
  AtenCall(TorchGraph& graph, std::string name, std::vector<TorchValue> given, std::map<std::string, TorchValue> named)
      : graph_(graph), name_(std::move(name)), given_(std::move(given)), named_(std::move(named)) {}

  TorchGraph& graph() { return graph_; }
  const std::string& name() const { return name_; }
  size_t count() const { return given_.size() + named_.size(); }

  // None where it is not given.
  const TorchValue& at(size_t place, const char* name) const;
  bool has(size_t place, const char* name) const { return !at(place, name).none(); }
  // Numbers are tensors of no axes. Null where it is None.
  TorchTensorPtr tensor(size_t place, const char* name) const;
  TorchTensorPtr required(size_t place, const char* name) const;
  std::vector<TorchTensorPtr> tensors(size_t place, const char* name) const;
  int64_t integer(size_t place, const char* name, int64_t fallback) const;
  int64_t integer(size_t place, const char* name) const;
  double number(size_t place, const char* name, double fallback) const;
  bool flag(size_t place, const char* name, bool fallback = false) const;
  std::string text(size_t place, const char* name, const std::string& fallback) const;
  // A number counts as a list of one.
  std::vector<int64_t> integers(size_t place, const char* name) const;
  // The same, for `count` axes: one number stands for all.
  std::vector<int64_t> each(size_t place, const char* name, size_t count, int64_t fallback) const;
  // An axis of the first tensor, from 0 on.
  int64_t axis(size_t place, const char* name, int64_t fallback, int64_t rank) const;

  [[noreturn]] void refuse(const std::string& what) const;
  // As Error(kCorrupt): another input may fit.
  [[noreturn]] void misfit(const std::string& what) const;

  // An operator of Graph, and constants for it.
  TorchTensorPtr node(const std::string& op, std::vector<TorchTensorPtr> inputs,
                      std::map<std::string, Attribute> attributes = {}, const std::string& name = {}) {
    return graph_.node(op, std::move(inputs), std::move(attributes), name);
  }
  static TorchTensorPtr scalar(double value);
  static TorchTensorPtr whole_numbers(const std::vector<int64_t>& values);
  TorchTensorPtr reshaped(const TorchTensorPtr& x, const std::vector<int64_t>& shape, const std::string& name = {});

 private:
  TorchGraph& graph_;
  std::string name_;
  std::vector<TorchValue> given_;
  std::map<std::string, TorchValue> named_;
};

struct AtenOperator {
  std::string_view name;  // without "aten::" and overload: "conv2d"
  TorchValue (*map)(AtenCall& call);
};

struct AtenFamily {
  std::string_view name;
  std::span<const AtenOperator> operators;
};

namespace aten_families {
std::span<const AtenFamily* const> kinds();  // generated from the list in CMakeLists.txt
}  // namespace aten_families

// The operator, or what Python computes with numbers, lists and texts ("add" of two integers, "len", "format"). A name
// that ends in "_" writes into its first argument. Throws Error(kUnsupported) naming an operator that is not known.
TorchValue call_aten(TorchGraph& graph, const std::string& name, std::vector<TorchValue> given,
                     std::map<std::string, TorchValue> named);

// What needs no operator of Graph; whether it was such a call. numbers.cpp
bool call_on_numbers(const std::string& name, std::vector<TorchValue>& given,
                     const std::map<std::string, TorchValue>& named, TorchValue& result);

// Of a known value: a number, or a tensor of one element. Throws Error(kUnsupported) where it depends on the input.
TorchValue number_of(const TorchValue& value);

}  // namespace microtome
