// SPDX-License-Identifier: Apache-2.0
// One unit at one position (Lucid's "neuron").
#include <ATen/ATen.h>

#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

struct NeuronSettings : UnitSettings {
  int64_t x = -1;
  int64_t y = -1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    UnitSettings::fields(s, field);
    field({.name = "x", .help = "Column in the layer's map; -1 = the centre, width / 2", .min = -1}, s.x);
    field({.name = "y", .help = "Row in the layer's map; -1 = the centre, height / 2", .min = -1}, s.y);
  }
};

at::Tensor neuron_formula(const NeuronSettings& s, const View& view) {
  return view.column(s.layer, s.x, s.y).select(1, view.place(s.layer, s.unit)).mean();
}

Objective make_neuron(const Call& call, const ObjectiveContext& context) {
  const auto s = read_layer_settings<NeuronSettings>(call, context);
  Objective objective = of_unit(call, s, neuron_formula);
  objective.reads.layers[0].position = std::array{s.x, s.y};
  objective.reads.places = s.x >= 0 || s.y >= 0;
  return objective;
}

}  // namespace

extern const ObjectiveKind neuron;
const ObjectiveKind neuron = {"neuron", "One unit at one position, by default the centre",
                              default_fields<NeuronSettings>, make_neuron, "layer:unit"};

}  // namespace microtome::objectives
