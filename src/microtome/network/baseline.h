// SPDX-License-Identifier: Apache-2.0
// What the labels of a layer are held against: layers that no training has made. One file of baselines/ a kind.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

struct BaselineKind {
  std::string_view name;     // "random-basis"
  std::string_view form;     // of the layers that it adds: "LAYER~random1.SEED"
  std::string_view summary;  // one line, for `microtome list` and help
  // The network with a layer more for each of `layers` (full names); the new names are appended to `added`.
  Network (*add)(const Network& network, std::span<const std::string> layers, uint64_t seed,
                 std::vector<std::string>& added);
};

namespace baselines {
// Generated from the list in CMakeLists.txt.
std::span<const BaselineKind* const> kinds();
}  // namespace baselines

// Throws Error(kUsage), naming those that there are.
const BaselineKind& baseline_named(const std::string& name);
// "random-basis, random-weights": for help and messages.
std::string baseline_names();

}  // namespace microtome
