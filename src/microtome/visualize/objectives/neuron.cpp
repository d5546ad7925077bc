// SPDX-License-Identifier: Apache-2.0
// One unit at one position (Lucid's "neuron").
#include <ATen/ATen.h>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

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

  at::Tensor score(const View& view) const override {
    const at::Tensor column = view.column(settings_.layer, settings_.x, settings_.y);
    return column.select(1, view.place(settings_.layer, settings_.unit)).mean();
  }

  std::string to_string() const override { return call_text("neuron", settings_); }
  bool names_places() const override { return settings_.x >= 0 || settings_.y >= 0; }
  std::optional<Target> target() const override { return Target{settings_.layer, settings_.unit}; }
  std::optional<std::vector<int64_t>> units(const std::string&) const override { return {{settings_.unit}}; }
  std::optional<std::array<int64_t, 2>> position(const std::string&) const override {
    return {{settings_.x, settings_.y}};
  }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const Network& network = context.network;
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(network, settings.layer, call);
  require_unit(layer, settings.unit, call);
  settings.layer = layer.name;
  return std::make_unique<Neuron>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind neuron;
const ObjectiveKind neuron = {"neuron", "One unit at one position, by default the centre", describe_settings<Settings>,
                              make, "layer:unit"};

}  // namespace microtome::objectives
