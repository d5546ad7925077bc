// SPDX-License-Identifier: Apache-2.0
// A direction v in a layer's channel space (Lucid's "direction"): mean over positions of
// (a . v) * max(0.1, cos(a, v))^power, with 1e-4 added to both norms in the cosine.
#include <fmt/format.h>
#include <torch/types.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/visualize/objective.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  std::string vector;
  double power = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "vector", .help = "File of one number a unit (.npy); must be given"}, s.vector);
    field({.name = "power",
           .help = "Power of the cosine that weighs the dot product; 0 = the dot product alone",
           .min = 0,
           .max = 16},
          s.power);
  }
};

constexpr double kNormFloor = 1e-4;
constexpr double kCosineFloor = 0.1;

class Direction : public Objective {
 public:
  Direction(Settings settings, at::Tensor vector)
      : settings_(std::move(settings)), layers_{settings_.layer}, vector_(std::move(vector)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor& tap = view.layer(settings_.layer);
    const at::Tensor activations = tap.reshape({tap.size(0), tap.size(1), -1});
    const at::Tensor vector = vector_.to(tap.scalar_type()).view({1, -1, 1});
    const at::Tensor dot = (activations * vector).sum(1);
    if (settings_.power == 0) return dot.mean();
    const at::Tensor cosine = dot / (activations.norm(2, 1) + kNormFloor) / (vector.norm() + kNormFloor);
    return (dot * cosine.clamp_min(kCosineFloor).pow(settings_.power)).mean();
  }

  std::string to_string() const override { return call_text("direction", settings_); }

 private:
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
  return std::make_unique<Direction>(std::move(settings), torch::tensor(file.values));
}

}  // namespace

extern const ObjectiveKind direction;
const ObjectiveKind direction = {"direction", "A direction in the space of a layer's units, from a file",
                                 describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
