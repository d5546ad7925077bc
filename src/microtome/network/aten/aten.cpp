// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/aten/aten.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome {
namespace {

const AtenOperator* find_aten(std::string_view name) {
  for (const AtenFamily* family : aten_families::kinds()) {
    for (const AtenOperator& known : family->operators) {
      if (known.name == name) return &known;
    }
  }
  return nullptr;
}

// Beyond every length, as the largest number is, and far enough from it that sums are numbers.
int64_t bounded(int64_t value) {
  constexpr int64_t kBeyond = int64_t{1} << 61;
  return std::clamp(value, -kBeyond, kBeyond);
}

// What ATen says of lengths that do not fit comes as several kinds of exceptions.
TorchValue mapped(const AtenOperator& known, AtenCall& call) {
  try {
    return known.map(call);
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& failure) {
    call.misfit(fmt::format("does not run: {}", failure.what_without_backtrace()));
  } catch (const std::exception& failure) {
    call.misfit(fmt::format("does not run: {}", failure.what()));
  }
}

}  // namespace

TorchValue number_of(const TorchValue& value) {
  if (value.numeric()) return value;
  if (value.kind != TorchKind::kTensor || value.tensor->now.numel() != 1) {
    throw Error(ErrorKind::kUnsupported, "", "takes something else for a number");
  }
  if (value.tensor->depends) {
    throw Error(ErrorKind::kUnsupported, "", "decides by values that it computes from the picture");
  }
  const at::Tensor& number = value.tensor->now;
  if (number.scalar_type() == at::kBool) return TorchValue::of(number.item<bool>());
  return number.is_floating_point() ? TorchValue::of(number.item<double>()) : TorchValue::of(number.item<int64_t>());
}

const TorchValue& AtenCall::at(size_t place, const char* name) const {
  static const TorchValue none;
  if (place < given_.size()) return given_[place];
  const auto found = named_.find(name);
  return found == named_.end() ? none : found->second;
}

void AtenCall::refuse(const std::string& what) const {
  throw Error(ErrorKind::kUnsupported, "", fmt::format("{} {}", name_, what));
}

void AtenCall::misfit(const std::string& what) const {
  throw Error(ErrorKind::kCorrupt, "", fmt::format("{} {}", name_, what));
}

TorchTensorPtr AtenCall::tensor(size_t place, const char* name) const {
  const TorchValue& value = at(place, name);
  if (value.none()) return nullptr;
  if (value.kind == TorchKind::kTensor) return value.tensor;
  if (value.kind == TorchKind::kFloat) return scalar(value.number);
  if (value.whole()) return TorchGraph::known(at::scalar_tensor(value.integer, at::kLong));
  refuse(fmt::format("takes something else than a tensor for \"{}\"", name));
}

TorchTensorPtr AtenCall::required(size_t place, const char* name) const {
  TorchTensorPtr found = tensor(place, name);
  if (!found) refuse(fmt::format("lacks \"{}\"", name));
  return found;
}

std::vector<TorchTensorPtr> AtenCall::tensors(size_t place, const char* name) const {
  const TorchValue& list = at(place, name);
  if (!list.sequence()) refuse(fmt::format("takes something else than tensors for \"{}\"", name));
  std::vector<TorchTensorPtr> all;
  for (const TorchValue& item : *list.items) {
    if (item.kind != TorchKind::kTensor) refuse(fmt::format("takes something else than tensors for \"{}\"", name));
    all.push_back(item.tensor);
  }
  return all;
}

int64_t AtenCall::integer(size_t place, const char* name, int64_t fallback) const {
  return has(place, name) ? integer(place, name) : fallback;
}

int64_t AtenCall::integer(size_t place, const char* name) const {
  const TorchValue value = number_of(at(place, name));
  if (!value.whole()) refuse(fmt::format("takes something else than a whole number for \"{}\"", name));
  return bounded(value.integer);
}

double AtenCall::number(size_t place, const char* name, double fallback) const {
  return has(place, name) ? number_of(at(place, name)).as_number() : fallback;
}

bool AtenCall::flag(size_t place, const char* name, bool fallback) const {
  return has(place, name) ? number_of(at(place, name)).as_number() != 0 : fallback;
}

std::string AtenCall::text(size_t place, const char* name, const std::string& fallback) const {
  const TorchValue& value = at(place, name);
  return value.kind == TorchKind::kText ? value.text : fallback;
}

std::vector<int64_t> AtenCall::integers(size_t place, const char* name) const {
  const TorchValue& value = at(place, name);
  std::vector<int64_t> all;
  if (value.none()) return all;
  if (!value.sequence()) return {integer(place, name)};
  for (const TorchValue& item : *value.items) {
    const TorchValue number = number_of(item);
    if (!number.whole()) refuse(fmt::format("takes something else than whole numbers for \"{}\"", name));
    all.push_back(bounded(number.integer));
  }
  return all;
}

std::vector<int64_t> AtenCall::each(size_t place, const char* name, size_t count, int64_t fallback) const {
  std::vector<int64_t> all = integers(place, name);
  if (all.empty()) all.push_back(fallback);
  if (all.size() == 1) all.assign(count, all[0]);
  if (all.size() != count) refuse(fmt::format("has {} numbers for \"{}\" of {} axes", all.size(), name, count));
  return all;
}

int64_t AtenCall::axis(size_t place, const char* name, int64_t fallback, int64_t rank) const {
  return normal_axis(integer(place, name, fallback), rank);
}

TorchTensorPtr AtenCall::scalar(double value) { return TorchGraph::known(at::scalar_tensor(value, at::kFloat)); }

TorchTensorPtr AtenCall::whole_numbers(const std::vector<int64_t>& values) {
  return TorchGraph::known(at::tensor(values, at::kLong));
}

TorchTensorPtr AtenCall::reshaped(const TorchTensorPtr& x, const std::vector<int64_t>& shape, const std::string& name) {
  return graph_.node("Reshape", {x, whole_numbers(shape)}, {}, name);
}

TorchValue call_aten(TorchGraph& graph, const std::string& name, std::vector<TorchValue> given,
                     std::map<std::string, TorchValue> named) {
  TorchValue result;
  if (call_on_numbers(name, given, named, result)) return result;
  const AtenOperator* known = find_aten(name);
  const bool writes = name.size() > 1 && name.ends_with('_') && !name.ends_with("__");
  if (known == nullptr && writes) known = find_aten(std::string_view(name).substr(0, name.size() - 1));
  if (known == nullptr) {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("calls the operator {}, which is not known here", name));
  }
  TorchValue target = writes && !given.empty() ? given[0] : TorchValue();
  AtenCall call(graph, name, std::move(given), std::move(named));
  result = mapped(*known, call);
  if (!writes) return result;
  if (target.kind != TorchKind::kTensor || result.kind != TorchKind::kTensor) call.refuse("writes into no tensor");
  if (target.tensor != result.tensor) graph.write(target.tensor, result.tensor);
  return target;
}

}  // namespace microtome
