// SPDX-License-Identifier: Apache-2.0
// TorchScript archives for tests, as torch.jit.save lays them out: the modules' pickle, their code, constants.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "microtome/network/formats/testing/small_pytorch.h"

namespace microtome::scripted {

// A module of the class "__torch__.NAME" with these attributes.
inline std::string module(const std::string& name, const pickled::Entries& attributes) {
  return pickled::global("__torch__", name) + ")\x81" + pickled::plain(attributes) + "b";
}

// Attributes of modules refer to `weights` by their places, see weight(). `code`: the file "__torch__.py".
inline std::string archive(const std::string& root, const NamedTensors& weights, const std::string& code,
                           const NamedTensors& constants = {}) {
  std::vector<pickled::Member> members;
  const auto add = [&](std::string name, std::string content) {
    members.push_back({std::move(name), std::move(content), false});
  };
  add("net/data.pkl", pickled::whole(root));
  add("net/code/__torch__.py", code);
  std::vector<std::string> listed;
  for (const auto& [name, value] : pickled::entries(constants)) listed.push_back(value);
  add("net/constants.pkl", pickled::whole(pickled::tuple(listed)));
  for (size_t i = 0; i < weights.size(); ++i) {
    add(fmt::format("net/data/{}", i), pickled::raw(weights[i].second));
  }
  for (size_t i = 0; i < constants.size(); ++i) {
    add(fmt::format("net/constants/{}", i), pickled::raw(constants[i].second));
  }
  add("net/version", "3\n");
  return pickled::zip(members);
}

// Attribute number i: the tensor of weights[i].
inline std::string weight(const NamedTensors& weights, size_t i) { return pickled::entries(weights).at(i).second; }

}  // namespace microtome::scripted
