// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/objective_kind.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"

namespace microtome {

const Layer& require_layer(const Network& network, const std::string& layer, const Call& call,
                           const std::string& argument) {
  if (layer.empty()) {
    throw Error(ErrorKind::kUsage, call.where_of(argument), "no layer is given",
                fmt::format("add {}=NAME; microtome info lists the names", argument));
  }
  try {
    return network.layer(layer);
  } catch (const Error& error) {
    throw Error(error.kind(), call.where_of(argument), error.what());
  }
}

void require_unit(const Layer& layer, int64_t unit, const Call& call, const std::string& argument) {
  if (unit >= 0 && unit < layer.units) return;
  throw Error(ErrorKind::kUsage, call.where_of(argument),
              unit < 0 ? "no unit is given" : fmt::format("\"{}\" has no unit {}", layer.name, unit),
              fmt::format("its units are 0 to {}", layer.units - 1));
}

int64_t require_pictures(const at::Tensor& tap, std::string_view kind) {
  if (tap.size(0) >= 2) return tap.size(0);
  throw Error(ErrorKind::kUsage, std::string(kind), "compares pictures, but there is one", "ask for more variants");
}

}  // namespace microtome
