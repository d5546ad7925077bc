// SPDX-License-Identifier: Apache-2.0
// What a PyTorch program computes with, while its graph is being written down.
// Lists: defined in numbers.cpp.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

// A tensor that the program holds. Of one that depends on the input only shape and type are known: `now` has zeros of a
// single element that is read for all. Others are known: `now` is what they are.
struct TorchTensor {
  at::Tensor now;
  bool depends = false;
  ValueIndex value = -1;  // in the graph; of a known one -1 until a node reads it
  std::string name;       // of a known one: "conv1.weight", may be empty
  bool writable = false;  // a known one that the program made itself
  // Tensors that are views of the same values share a count of writes; who saw fewer of them is out of date.
  std::shared_ptr<int> writes = std::make_shared<int>(0);
  int seen = 0;
};
using TorchTensorPtr = std::shared_ptr<TorchTensor>;

enum class TorchKind : char {
  kNone,
  kBool,    // integer
  kInt,     // integer
  kFloat,   // number
  kText,    // text
  kList,    // items; shared, as in Python
  kTuple,   // items
  kDict,    // items: key, value, key, value ...
  kTensor,  // tensor
  kObject,  // integer: which module of the file
  kName,    // text: a function, a type
};

struct TorchItems;

struct TorchValue {
  TorchKind kind = TorchKind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string text{};
  std::shared_ptr<TorchItems> items{};
  TorchTensorPtr tensor{};

  static TorchValue of(bool value) { return {.kind = TorchKind::kBool, .integer = value}; }
  static TorchValue of(int64_t value) { return {.kind = TorchKind::kInt, .integer = value}; }
  static TorchValue of(double value) { return {.kind = TorchKind::kFloat, .number = value}; }
  static TorchValue of(std::string value) { return {.kind = TorchKind::kText, .text = std::move(value)}; }
  static TorchValue of(TorchTensorPtr value) { return {.kind = TorchKind::kTensor, .tensor = std::move(value)}; }
  static TorchValue named(std::string name) { return {.kind = TorchKind::kName, .text = std::move(name)}; }
  // Throws Error(kUnsupported) with an empty `where` when they nest more than 64 deep.
  static TorchValue several(TorchKind kind, std::vector<TorchValue> items);
  static TorchValue integers(const std::vector<int64_t>& values);

  bool none() const { return kind == TorchKind::kNone; }
  bool whole() const { return kind == TorchKind::kInt || kind == TorchKind::kBool; }
  bool numeric() const { return whole() || kind == TorchKind::kFloat; }
  bool sequence() const { return kind == TorchKind::kList || kind == TorchKind::kTuple; }
  double as_number() const { return kind == TorchKind::kFloat ? number : static_cast<double>(integer); }
};

// Of a list. Nesting is known exactly, because a list that lies in another one takes no more lists.
struct TorchItems : std::vector<TorchValue> {
  int nested = 1;
  bool inside = false;

  // Puts a value at a place, or behind the others. Throws as several().
  void put(size_t place, const TorchValue& value);
};

}  // namespace microtome
