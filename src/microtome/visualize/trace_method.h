// SPDX-License-Identifier: Apache-2.0
// How a gradient goes back through the rectifiers on its way to the pixels. One file in trace/ a kind.
#pragma once
#include <span>
#include <string_view>

#include "microtome/network/network.h"

namespace microtome {

struct TraceMethod {
  std::string_view name;
  std::string_view summary;
  Network (*with_backward)(const Network& network);  // same values, the method's gradients
};

namespace trace_methods {
std::span<const TraceMethod* const> kinds();
}  // namespace trace_methods

}  // namespace microtome
