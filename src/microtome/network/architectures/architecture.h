// SPDX-License-Identifier: Apache-2.0
// A published architecture, told by the names and shapes of its weights. One file of this folder per architecture.
#pragma once
#include <span>
#include <string_view>

#include "microtome/network/formats/model_format.h"

namespace microtome {

class Modules;

struct Architecture {
  std::string_view name;     // "resnet"
  std::string_view summary;  // one line, for `microtome list`
  // Joins the weights to a graph; what it asks for is what recognizes it. Throws Error(kUnsupported) with an empty
  // `where` when a weight that it needs is not there or has another shape. `side` 0: the architecture's own.
  StoredNetwork (*build)(Modules& weights, int side);
};

namespace architectures {
// In the order in which they are tried; generated from the list in CMakeLists.txt.
std::span<const Architecture* const> kinds();
}  // namespace architectures

}  // namespace microtome
