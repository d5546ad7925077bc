// SPDX-License-Identifier: Apache-2.0
// A direction v in a layer's channel space (Lucid's "direction"): mean over positions of
// (a . v) * max(0.1, cos(a, v))^power, with 1e-4 added to both norms in the cosine; or at one position
// ("direction_neuron").
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/field.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/visualize/matching.h"

namespace microtome::objectives {
namespace {

constexpr int64_t kEverywhere = -2;

struct Settings {
  std::string layer;
  std::string vector;
  double power = 0;
  int64_t x = kEverywhere;
  int64_t y = kEverywhere;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "vector", .help = "File of one number a unit (.npy); must be given"}, s.vector);
    field({.name = "power",
           .help = "Power of the cosine that weighs the dot product; 0 = the dot product alone",
           .min = 0,
           .max = 16},
          s.power);
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

constexpr double kNormFloor = 1e-4;

class Direction : public Objective {
 public:
  Direction(Settings settings, at::Tensor vector)
      : settings_(std::move(settings)), layers_{settings_.layer}, vector_(std::move(vector)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor a = positions(at_one_place() ? view.column(settings_.layer, settings_.x, settings_.y)
                                                  : view.layer(settings_.layer));
    const at::Tensor v = vector_.to(a.scalar_type());
    return weighed_dot((a * v.view({1, -1, 1})).sum(1), a.norm(2, 1), v.norm(), settings_.power, kNormFloor).mean();
  }

  std::string to_string() const override { return call_text("direction", settings_); }
  std::vector<std::string> files() const override { return {settings_.vector}; }
  bool names_places() const override { return settings_.x >= 0 || settings_.y >= 0; }
  std::optional<std::array<int64_t, 2>> position(const std::string&) const override {
    if (!at_one_place()) return std::nullopt;
    return {{settings_.x, settings_.y}};
  }

 private:
  bool at_one_place() const { return settings_.x != kEverywhere; }

  Settings settings_;
  std::vector<std::string> layers_;
  at::Tensor vector_;  // [C]
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const Network& network = context.network;
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(network, settings.layer, call);
  if (settings.vector.empty()) throw Error(ErrorKind::kUsage, call.where, "no vector is given", "add vector=FILE.npy");
  const NpyFloats file = parse_npy(read_file(settings.vector), settings.vector);
  if (static_cast<int64_t>(file.values.size()) != layer.units) {
    throw Error(ErrorKind::kUsage, settings.vector,
                fmt::format("it holds {} numbers, \"{}\" has {} units", file.values.size(), layer.name, layer.units));
  }
  settings.layer = layer.name;
  if (settings.x != settings.y) {  // one given: the other is the centre
    if (settings.x == kEverywhere) settings.x = -1;
    if (settings.y == kEverywhere) settings.y = -1;
  }
  return std::make_unique<Direction>(std::move(settings), at::tensor(file.values));
}

}  // namespace

extern const ObjectiveKind direction;
const ObjectiveKind direction = {"direction", "A direction in the space of a layer's units, from a file",
                                 describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
