// SPDX-License-Identifier: Apache-2.0
// What a picture is made for: a score of a network's layers that the ascent raises. One file in objectives/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/params.h"
#include "microtome/network/network.h"
#include "microtome/visualize/call.h"

namespace microtome {

// Layer outputs of one forward pass of one picture, by layer name: [1,C,H,W] or [1,F].
using Taps = std::map<std::string, at::Tensor, std::less<>>;

// The unit that an objective drives, if it is made for exactly one.
struct Target {
  std::string layer;
  int64_t unit = 0;
  int sign = 1;  // -1: the objective drives it down
};

// Immutable; one objective may serve many threads.
class Objective {
 public:
  virtual ~Objective() = default;
  // Full names of the layers that score() reads, without repetition.
  virtual const std::vector<std::string>& layers() const = 0;
  // The score, a 0-dimensional tensor of the taps' type, differentiable in the taps. `taps` holds layers() at least.
  // Throws Error(kUsage) when a position lies outside the map.
  virtual at::Tensor score(const Taps& taps) const = 0;
  // Canonical text; parsing it for the same network gives an equal objective.
  virtual std::string to_string() const = 0;
  virtual std::optional<Target> target() const { return std::nullopt; }
};

// A kind as users name it. Listing, parsing, documenting and testing kinds all read this and nothing else.
struct ObjectiveKind {
  std::string_view name;
  std::string_view summary;
  Json (*describe)();  // describe_settings of its parameters
  std::unique_ptr<Objective> (*make)(const Call& call, const Network& network);
};

// A sum of weighted kinds: "channel(layer=conv5,unit=12)", "-neuron(...)", "0.5*channel(...) + 2*logit(unit=3)".
// Throws Error(kUsage) with the column of a mistake and the nearest name, Error(kNotFound) for an unknown layer.
std::unique_ptr<Objective> parse_objective(std::string_view text, const Network& network);

// For kinds: the layer of an argument, which must be given.
const Layer& require_layer(const Network& network, const std::string& layer, const Call& call);
// Throws Error(kUsage) unless 0 <= unit < layer.units.
void require_unit(const Layer& layer, int64_t unit, const Call& call);

namespace objectives {
std::span<const ObjectiveKind* const> kinds();
}  // namespace objectives

}  // namespace microtome
