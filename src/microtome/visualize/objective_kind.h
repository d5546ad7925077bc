// SPDX-License-Identifier: Apache-2.0
// What the files of objectives and penalties are written with: settings and frames that kinds share.
#pragma once
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "microtome/visualize/call.h"
#include "microtome/visualize/objective.h"

namespace microtome {

// Of kinds without parameters, with a layer, with one of its units. Kinds with more derive from these.
struct NoSettings {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&&) {}
};
struct LayerSettings {
  std::string layer;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
  }
};
struct UnitSettings : LayerSettings {
  int64_t unit = -1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    LayerSettings::fields(s, field);
    field({.name = "unit", .help = "Number of the unit, from 0; must be given"}, s.unit);
  }
};

// The layer of an argument, which must be given. Throws Error(kUsage), Error(kNotFound).
const Layer& require_layer(const Network& network, const std::string& layer, const Call& call,
                           const std::string& argument = "layer");
// Throws Error(kUsage) unless 0 <= unit < layer.units.
void require_unit(const Layer& layer, int64_t unit, const Call& call, const std::string& argument = "unit");
// The view's pictures when there are the two at least that a comparison needs; else throws Error(kUsage).
int64_t require_pictures(const at::Tensor& tap, std::string_view kind);

// The settings that a call gives, checked, with the layer's full name. Throws Error(kUsage), Error(kNotFound).
template <class Settings>
Settings read_layer_settings(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(context.network, settings.layer, call);
  if constexpr (std::is_base_of_v<UnitSettings, Settings>) require_unit(layer, settings.unit, call);
  settings.layer = layer.name;
  return settings;
}

// A kind's formula. It gets its settings as they were read.
template <class Settings>
using Formula = at::Tensor (*)(const Settings& settings, const View& view);

// The frames: an objective of one layer, of one unit, of the picture alone (a penalty). A kind adds to `reads` what it
// reads besides.
template <class Settings>
Objective of_layer(const Call& call, const Settings& settings, std::type_identity_t<Formula<Settings>> formula) {
  Objective objective;
  objective.reads.layers = {{settings.layer}};
  objective.text = call_text(call.name, settings);
  objective.score = [settings, formula](const View& view) { return formula(settings, view); };
  return objective;
}
template <class Settings>
Objective of_unit(const Call& call, const Settings& settings, std::type_identity_t<Formula<Settings>> formula) {
  Objective objective = of_layer(call, settings, formula);
  objective.reads.layers[0].units = std::vector{settings.unit};
  objective.target = UnitRef{settings.layer, {.unit = settings.unit}};
  return objective;
}
template <class Settings>
Objective of_picture(const Call& call, Formula<Settings> formula) {
  const auto settings = read_settings<Settings>(call);
  Objective objective;
  objective.reads.picture = objective.regularizes = true;
  objective.text = call_text(call.name, settings);
  objective.score = [settings, formula](const View& view) { return formula(settings, view); };
  return objective;
}

}  // namespace microtome
