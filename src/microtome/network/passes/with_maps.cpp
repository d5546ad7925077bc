// SPDX-License-Identifier: Apache-2.0
// Tokens and rows as maps.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {

bool is_maps_suffix(const std::string& suffix) { return suffix == "grid" || suffix == "class" || suffix == "line"; }

Network with_maps(const Network& network, const std::string& layer, const std::string& suffix) {
  const Layer& from = network.layer(layer);
  if (from.shape.size() != 2) {
    throw Error(ErrorKind::kUsage, from.name,
                fmt::format("has {} axes; ~grid, ~class and ~line are for layers of two", from.shape.size()));
  }
  Graph graph = network.graph();
  const std::string name = derived_name(from.name, suffix);
  const int64_t first = from.shape[0], second = from.shape[1];
  if (suffix == "line") {
    const ValueIndex shape = add_integers(graph, name + ".shape", {0, first, 1, second});
    add_node(graph, "Reshape", name, {from.value, shape}, {}, {-1, first, 1, second});
    return {std::move(graph), network.facts(), network.layers()};
  }
  if (suffix == "class") {
    const ValueIndex at = add_constant(graph, name + ".index", at::scalar_tensor(0, at::kLong));
    add_node(graph, "Gather", name, {from.value, at}, {{"axis", int64_t{1}}}, {-1, second});
    return {std::move(graph), network.facts(), network.layers()};
  }
  const auto root = [](int64_t n) { return static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(n)))); };
  const bool plain = root(first) * root(first) == first, classed = root(first - 1) * root(first - 1) == first - 1;
  if (suffix != "grid" || first < 1 || (!plain && !classed)) {
    throw Error(ErrorKind::kUsage, name, fmt::format("{} tokens make no square, with or without a class token", first),
                "use ~class for the class token, or ~line for a layer of channels by positions");
  }
  const int64_t side = plain ? root(first) : root(first - 1);
  ValueIndex tokens = from.value;
  if (!plain) {
    const auto at = [&](const char* what, int64_t value) {
      return add_integers(graph, fmt::format("{}.{}", name, what), {value});
    };
    tokens = add_node(graph, "Slice", name + "/tokens", {tokens, at("start", 1), at("end", first), at("axis", 1)}, {},
                      {-1, first - 1, second});
  }
  const ValueIndex channels = add_node(graph, "Transpose", name + "/channels", {tokens},
                                       {{"perm", std::vector<int64_t>{0, 2, 1}}}, {-1, second, side * side});
  const ValueIndex shape = add_integers(graph, name + ".shape", {0, second, side, side});
  add_node(graph, "Reshape", name, {channels, shape}, {}, {-1, second, side, side});
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
