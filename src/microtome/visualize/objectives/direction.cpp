// SPDX-License-Identifier: Apache-2.0
// A direction v in a layer's channel space (Lucid's "direction"): mean over positions of
// (a . v) * max(0.1, cos(a, v))^power, with 1e-4 added to both norms in the cosine; or at one position
// ("direction_neuron").
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

constexpr int64_t kEverywhere = -2;
constexpr double kDirectionNormFloor = 1e-4;

struct DirectionSettings : LayerSettings {
  std::string vector;
  double power = 0;
  int64_t x = kEverywhere;
  int64_t y = kEverywhere;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    LayerSettings::fields(s, field);
    field({.name = "vector", .help = "File of one number a unit (.npy); must be given"}, s.vector);
    field(kPowerField, s.power);
    field({.name = "x",
           .help = "Column in the layer's map; -1 = the centre, -2 = everywhere, unless y is given",
           .min = kEverywhere},
          s.x);
    field({.name = "y",
           .help = "Row in the layer's map; -1 = the centre, -2 = everywhere, unless x is given",
           .min = kEverywhere},
          s.y);
  }
};

bool at_one_place(const DirectionSettings& s) { return s.x != kEverywhere; }

at::Tensor direction_formula(const DirectionSettings& s, const at::Tensor& vector, const View& view) {
  const at::Tensor a = positions(at_one_place(s) ? view.column(s.layer, s.x, s.y) : view.layer(s.layer));
  const at::Tensor v = vector.to(a.scalar_type());
  return weighed_dot((a * v.view({1, -1, 1})).sum(1), a.norm(2, 1), v.norm(), s.power, kDirectionNormFloor).mean();
}

// [C]
at::Tensor read_vector(const DirectionSettings& s, const Call& call, const Layer& layer) {
  if (s.vector.empty()) throw Error(ErrorKind::kUsage, call.where, "no vector is given", "add vector=FILE.npy");
  const NpyFloats file = parse_npy(read_file(s.vector), s.vector);
  if (static_cast<int64_t>(file.values.size()) == layer.units) return at::tensor(file.values);
  throw Error(ErrorKind::kUsage, s.vector,
              fmt::format("it holds {} numbers, \"{}\" has {} units", file.values.size(), layer.name, layer.units));
}

Objective make_direction(const Call& call, const ObjectiveContext& context) {
  auto s = read_layer_settings<DirectionSettings>(call, context);
  const at::Tensor vector = read_vector(s, call, context.network.layer(s.layer));
  if (s.x != s.y) {  // one given: the other is the centre
    if (s.x == kEverywhere) s.x = -1;
    if (s.y == kEverywhere) s.y = -1;
  }
  Objective objective;
  objective.reads.layers = {{s.layer}};
  if (at_one_place(s)) objective.reads.layers[0].position = std::array{s.x, s.y};
  objective.reads.places = s.x >= 0 || s.y >= 0;
  objective.reads.files = {s.vector};
  objective.text = call_text(call.name, s);
  objective.score = [s, vector](const View& view) { return direction_formula(s, vector, view); };
  return objective;
}

}  // namespace

extern const ObjectiveKind direction;
const ObjectiveKind direction = {"direction", "A direction in the space of a layer's units, from a file",
                                 default_fields<DirectionSettings>, make_direction, "layer"};

}  // namespace microtome::objectives
