// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/script_objects.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/network/aten/torch_graph.h"
#include "microtome/network/limits.h"

namespace microtome {
namespace {

constexpr int kDeepestModule = 64;
constexpr size_t kMostShapes = 1 << 14;

bool is_module(std::string_view made) { return made.starts_with("__torch__."); }

}  // namespace

ScriptObjects::ScriptObjects(const TorchArchive& archive, const std::string& member, const std::string& folder,
                             const std::string& where)
    : bytes_(archive.content(member)),
      pickle_(bytes_.view, where),
      storages_(archive.storages(folder)),
      where_(where) {}

TorchValue ScriptObjects::several_of(TorchKind kind, const std::vector<PickleIndex>& items, const std::string& path,
                                     int depth) {
  std::vector<TorchValue> values;
  if (items.size() > static_cast<size_t>(kMostListed)) {
    throw Error(ErrorKind::kUnsupported, where_, "holds a list that is too long");
  }
  for (const PickleIndex item : items) values.push_back(value_of(item, path, depth + 1));
  return TorchValue::several(kind, std::move(values));
}

// Lists with their type, tensors; other calls are of no use to a program that is only looked at.
TorchValue ScriptObjects::made_by_call(PickleIndex index, const std::string& path, int depth) {
  const PickleValue& value = pickle_[index];
  const std::string_view made = called(pickle_, value);
  if (is_module(made)) {
    TorchValue module{.kind = TorchKind::kObject, .integer = index};
    module.text = path;
    return module;
  }
  const std::vector<PickleIndex>& arguments = pickle_[value.items.size() > 1 ? value.items[1] : 0].items;
  if (made.starts_with("torch.jit._pickle.") && !arguments.empty()) return value_of(arguments[0], path, depth + 1);
  if (made == "collections.OrderedDict") return several_of(TorchKind::kDict, value.entries, path, depth);
  const auto [place, added] = tensors_.try_emplace(index);
  if (added) {
    const at::Tensor tensor = tensor_of(pickle_, value, storages_, path, where_);
    if (tensor.defined()) place->second = TorchGraph::known(tensor.contiguous(), path);
  }
  return place->second ? TorchValue::of(place->second) : TorchValue::named(std::string(made));
}

TorchValue ScriptObjects::value_of(PickleIndex index, const std::string& path, int depth) {
  if (depth > kDeepestModule) throw Error(ErrorKind::kUnsupported, where_, "holds values that nest too deep");
  const PickleValue& value = pickle_[index];
  switch (value.kind) {
    case PickleKind::kBool:
      return TorchValue::of(value.integer != 0);
    case PickleKind::kInt:
      return TorchValue::of(value.integer);
    case PickleKind::kFloat:
      return TorchValue::of(value.number);
    case PickleKind::kText:
      return TorchValue::of(std::string(value.text));
    case PickleKind::kList:
      return several_of(TorchKind::kList, value.items, path, depth);
    case PickleKind::kTuple:
      return several_of(TorchKind::kTuple, value.items, path, depth);
    case PickleKind::kDict:
      return several_of(TorchKind::kDict, value.items, path, depth);
    case PickleKind::kObject:
      return made_by_call(index, path, depth);
    default:
      return {};
  }
}

const PickleValue& ScriptObjects::state_of(int64_t module) const {
  return pickle_[pickle_[static_cast<PickleIndex>(module)].state];
}

std::string_view ScriptObjects::class_of(const TorchValue& module) const {
  return called(pickle_, pickle_[static_cast<PickleIndex>(module.integer)]);
}

TorchValue ScriptObjects::attribute(const TorchValue& module, const std::string& name) {
  const PickleValue& state = state_of(module.integer);
  for (size_t i = 0; state.kind == PickleKind::kDict && i + 1 < state.items.size(); i += 2) {
    const PickleValue& key = pickle_[state.items[i]];
    if (key.kind != PickleKind::kText || key.text != name) continue;
    return value_of(state.items[i + 1], module.text.empty() ? name : module.text + "." + name, 0);
  }
  throw Error(ErrorKind::kUnsupported, "", fmt::format("asks for \"{}\", which its module does not have", name));
}

bool ScriptObjects::leaf(const TorchValue& module) const {
  const PickleValue& state = state_of(module.integer);
  for (size_t i = 1; state.kind == PickleKind::kDict && i < state.items.size(); i += 2) {
    if (is_module(called(pickle_, pickle_[state.items[i]]))) return false;
  }
  return true;
}

void ScriptObjects::collect_shapes(const TorchValue& module, int depth, std::vector<std::vector<int64_t>>& shapes) {
  const PickleValue& state = state_of(module.integer);
  if (state.kind != PickleKind::kDict || depth > kDeepestModule) return;
  for (size_t i = 0; i + 1 < state.items.size() && shapes.size() < kMostShapes; i += 2) {
    const std::string_view made = called(pickle_, pickle_[state.items[i + 1]]);
    if (!is_module(made) && !made.starts_with("torch._utils._rebuild_")) continue;
    const TorchValue value = value_of(state.items[i + 1], std::string(pickle_[state.items[i]].text), 0);
    if (value.kind == TorchKind::kObject) collect_shapes(value, depth + 1, shapes);
    if (value.kind == TorchKind::kTensor) shapes.push_back(value.tensor->now.sizes().vec());
  }
}

std::vector<std::vector<int64_t>> ScriptObjects::weight_shapes() {
  std::vector<std::vector<int64_t>> shapes;
  const TorchValue module = root();
  if (module.kind == TorchKind::kObject) collect_shapes(module, 0, shapes);
  tensors_.clear();  // their names were only parts
  return shapes;
}

}  // namespace microtome
