// SPDX-License-Identifier: Apache-2.0
// Tokens, rows and attention as maps.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

constexpr int64_t kMostLeading = 16;  // class, distillation and register tokens

int64_t root_of(int64_t n) { return static_cast<int64_t>(std::sqrt(static_cast<double>(n))); }

// The map that tokens were cut from: the last before the layer with as many positions, but for a few tokens in front.
std::optional<TokenGrid> grid_of_patches(const Graph& graph, ValueIndex value, int64_t tokens) {
  std::optional<TokenGrid> grid;
  for (const Node* node : needed_nodes(graph, {&value, 1})) {
    for (const ValueIndex made : node->outputs) {
      if (made < 0) continue;
      const std::vector<int64_t>& shape = graph.values[at_index(made)].shape;
      if (shape.size() != 4 || shape[2] < 2 || shape[3] < 2) continue;
      if (shape[1] == tokens) continue;  // tokens by heads: 3 heads of 64 would be taken for 192 patches
      const int64_t leading = tokens - shape[2] * shape[3];
      if (leading >= 0 && leading <= kMostLeading) grid = TokenGrid{leading, shape[2], shape[3]};
    }
  }
  return grid;
}

// Adds nodes behind one layer, named after the derived one.
class MapMaker {
 public:
  MapMaker(const Network& network, const Layer& from, std::string name)
      : graph_(network.graph()), last_(from.value), shape_(from.shape), name_(std::move(name)) {}

  void slice(int64_t axis, int64_t begin, int64_t end) {
    const auto number = [&](const char* what, int64_t value) {
      return add_integers(graph_, fmt::format("{}.{}{}", name_, what, ++steps_), {value});
    };
    std::vector<ValueIndex> inputs = {last_, number("start", begin), number("end", end), number("axis", axis)};
    shape_[static_cast<size_t>(axis) - 1] = end - begin;
    add("Slice", std::move(inputs), {});
  }
  void transpose(const std::vector<int64_t>& order) {  // with the batch
    const std::vector<int64_t> before = shape_;
    for (size_t i = 1; i < order.size(); ++i) shape_[i - 1] = before[static_cast<size_t>(order[i]) - 1];
    add("Transpose", {last_}, {{"perm", order}});
  }
  void reshape(std::vector<int64_t> shape) {  // without it
    shape_ = shape;
    shape.insert(shape.begin(), 0);
    add("Reshape", {last_, add_integers(graph_, fmt::format("{}.shape{}", name_, ++steps_), shape)}, {});
  }
  void mean(int64_t axis) {
    shape_[static_cast<size_t>(axis) - 1] = 1;
    add("ReduceMean", {last_}, {{"axes", std::vector<int64_t>{axis}}, {"keepdims", int64_t{1}}});
  }

  Graph finish() && {
    graph_.values[at_index(last_)].name = name_;
    return std::move(graph_);
  }

 private:
  void add(const std::string& op, std::vector<ValueIndex> inputs, std::map<std::string, Attribute> attributes) {
    std::vector<int64_t> shape = shape_;
    shape.insert(shape.begin(), -1);
    last_ = add_node(graph_, op, "", std::move(inputs), std::move(attributes), std::move(shape));
  }

  Graph graph_;
  ValueIndex last_;
  std::vector<int64_t> shape_;
  const std::string name_;
  int steps_ = 0;
};

[[noreturn]] void refuse_maps(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::kUsage, name, what,
              "~grid, ~class and ~registers are for tokens [T,C] of pictures, ~line for rows [C,L], ~attention for "
              "weights [heads,T,T]");
}

TokenGrid required_grid(const Network& network, const Layer& from, const std::string& name) {
  if (const auto grid = token_grid(network, from)) return *grid;
  refuse_maps(name, fmt::format("a layer of [{}] has no tokens that make a grid", fmt::join(from.shape, ",")));
}

void add_grid(MapMaker& maps, const Layer& from, const TokenGrid& grid) {
  const int64_t tokens = from.shape[0], channels = from.shape[1];
  if (grid.leading > 0) maps.slice(1, grid.leading, tokens);
  maps.transpose({0, 2, 1});
  maps.reshape({channels, grid.height, grid.width});
}

void add_registers(MapMaker& maps, const Layer& from, const TokenGrid& grid, const std::string& name) {
  if (grid.leading < 2) refuse_maps(name, fmt::format("{} tokens lie before the grid", grid.leading));
  maps.slice(1, 1, grid.leading);
  maps.transpose({0, 2, 1});
  maps.reshape({from.shape[1], 1, grid.leading - 1});
}

void add_attention(MapMaker& maps, const Layer& from, const TokenGrid& grid) {
  const int64_t heads = from.shape[0], tokens = from.shape[1];
  if (grid.leading > 0)
    maps.slice(2, 0, 1);
  else
    maps.mean(2);
  if (grid.leading > 0) maps.slice(3, grid.leading, tokens);
  maps.reshape({heads, grid.height, grid.width});
}

}  // namespace

bool is_maps_suffix(const std::string& suffix) {
  constexpr std::array kSuffixes = {"grid", "class", "registers", "line", "attention"};
  return std::ranges::find(kSuffixes, suffix) != kSuffixes.end();
}

std::optional<TokenGrid> token_grid(const Network& network, const Layer& layer) {
  const bool attention = layer.shape.size() == 3 && layer.shape[1] == layer.shape[2];
  const Graph& graph = network.graph();
  if (graph.values[at_index(graph.input)].shape.size() != 4) return std::nullopt;
  if (layer.shape.size() != 2 && !attention) return std::nullopt;
  const int64_t tokens = attention ? layer.shape[1] : layer.shape[0];
  if (auto grid = grid_of_patches(graph, layer.value, tokens)) return grid;
  const int64_t side = root_of(tokens), leading = tokens - side * side;
  if (side < 3 || leading >= side || leading > kMostLeading / 2) return std::nullopt;
  return TokenGrid{leading, side, side};
}

Network with_maps(const Network& network, const std::string& layer, const std::string& suffix) {
  const Layer& from = network.layer(layer);
  const std::string name = derived_name(from.name, suffix);
  const size_t wanted = suffix == "attention" ? 3 : 2;
  const bool channels_last = suffix == "grid" && from.shape.size() == 3;
  if (from.shape.size() != wanted && !channels_last) {
    refuse_maps(name, fmt::format("the layer has {} axes", from.shape.size()));
  }
  MapMaker maps(network, from, name);
  if (channels_last) {
    maps.transpose({0, 3, 1, 2});
  } else if (suffix == "line") {
    maps.reshape({from.shape[0], 1, from.shape[1]});
  } else if (suffix == "class") {
    maps.slice(1, 0, 1);
    maps.reshape({from.shape[1]});
  } else {
    const TokenGrid grid = required_grid(network, from, name);
    if (suffix == "grid") add_grid(maps, from, grid);
    if (suffix == "registers") add_registers(maps, from, grid, name);
    if (suffix == "attention") add_attention(maps, from, grid);
  }
  return {std::move(maps).finish(), network.facts(), network.layers()};
}

}  // namespace microtome
