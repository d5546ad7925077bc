// SPDX-License-Identifier: Apache-2.0
// The modules of a TorchScript program: what its pickle holds, as values that the program computes with.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "microtome/network/aten/torch_value.h"
#include "microtome/network/formats/pickle.h"
#include "microtome/network/formats/torch_archive.h"

namespace microtome {

class ScriptObjects {
 public:
  // The pickle `member`, "data.pkl", with storages in `folder`. Both arguments must outlive it.
  ScriptObjects(const TorchArchive& archive, const std::string& member, const std::string& folder,
                const std::string& where);

  // With an empty path; a module, or what the pickle holds else.
  TorchValue root() { return value_of(pickle_.root_index(), "", 0); }

  // Of a module: an attribute. Throws Error(kUnsupported) with an empty `where` where there is none of that name.
  TorchValue attribute(const TorchValue& module, const std::string& name);
  // The class, "__torch__.torchvision.models.resnet.ResNet".
  std::string_view class_of(const TorchValue& module) const;
  // Whether no attribute is a module.
  bool leaf(const TorchValue& module) const;
  // Shapes of weights, in the order of the file, under modules alone.
  std::vector<std::vector<int64_t>> weight_shapes();

 private:
  TorchValue value_of(PickleIndex index, const std::string& path, int depth);
  TorchValue several_of(TorchKind kind, const std::vector<PickleIndex>& items, const std::string& path, int depth);
  TorchValue made_by_call(PickleIndex index, const std::string& path, int depth);
  const PickleValue& state_of(int64_t module) const;
  void collect_shapes(const TorchValue& module, int depth, std::vector<std::vector<int64_t>>& shapes);

  SharedBytes bytes_;
  Pickle pickle_;
  std::function<SharedBytes(const StorageReference&)> storages_;
  const std::string& where_;
  std::map<PickleIndex, TorchTensorPtr> tensors_;
};

}  // namespace microtome
