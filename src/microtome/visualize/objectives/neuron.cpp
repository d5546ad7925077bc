// SPDX-License-Identifier: Apache-2.0
// One unit at one position (Lucid's "neuron").
#include <fmt/format.h>
#include <torch/types.h>

#include "microtome/base/error.h"
#include "microtome/visualize/objective.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  int64_t unit = -1;
  int64_t x = -1;
  int64_t y = -1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "unit", .help = "Number of the unit, from 0; must be given"}, s.unit);
    field({.name = "x", .help = "Column in the layer's map; -1 = the centre, width / 2", .min = -1}, s.x);
    field({.name = "y", .help = "Row in the layer's map; -1 = the centre, height / 2", .min = -1}, s.y);
  }
};

class Neuron : public Objective {
 public:
  explicit Neuron(Settings settings) : settings_(std::move(settings)), layers_{settings_.layer} {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const Taps& taps) const override {
    const at::Tensor map = taps.at(settings_.layer).select(1, settings_.unit);
    if (map.dim() == 1) return map.mean();
    return map.select(2, position(settings_.x, map.size(2), "x"))
        .select(1, position(settings_.y, map.size(1), "y"))
        .mean();
  }

  std::string to_string() const override { return call_text("neuron", settings_); }
  std::optional<Target> target() const override { return Target{settings_.layer, settings_.unit}; }

 private:
  int64_t position(int64_t given, int64_t size, const char* axis) const {
    if (given < 0) return size / 2;
    if (given < size) return given;
    throw Error(ErrorKind::kUsage, to_string(), fmt::format("{} = {} lies outside the layer's map", axis, given),
                fmt::format("at this picture size it runs from 0 to {}", size - 1));
  }

  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const Network& network) {
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(network, settings.layer, call);
  require_unit(layer, settings.unit, call);
  settings.layer = layer.name;
  return std::make_unique<Neuron>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind neuron;
const ObjectiveKind neuron = {"neuron", "One unit at one position, by default the centre", describe_settings<Settings>,
                              make};

}  // namespace microtome::objectives
