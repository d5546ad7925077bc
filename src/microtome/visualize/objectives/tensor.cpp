// SPDX-License-Identifier: Apache-2.0
// The activations of a picture at a layer, each where it is (Lucid's "direction" with a map for a vector): mean over
// positions of (a . v) * max(0.1, cos(a, v))^power, with 1e-4 added to both norms in the cosine.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  std::string image;
  double power = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "image", .help = "Picture file; must be given"}, s.image);
    field({.name = "power",
           .help = "Power of the cosine that weighs the dot product; 0 = the dot product alone",
           .min = 0,
           .max = 16},
          s.power);
  }
};

constexpr double kNormFloor = 1e-4;

class MapDirection : public Objective {
 public:
  MapDirection(Settings settings, at::Tensor wanted)
      : settings_(std::move(settings)), layers_{settings_.layer}, wanted_(std::move(wanted)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor& tap = view.layer(settings_.layer);
    const at::Tensor a = positions(tap), v = positions(fitted(wanted_, tap));
    return weighed_dot((a * v).sum(1), a.norm(2, 1), v.norm(2, 1), settings_.power, kNormFloor).mean();
  }

  std::string to_string() const override { return call_text("tensor", settings_); }
  std::vector<std::string> files() const override { return {settings_.image}; }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
  at::Tensor wanted_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(context.network, settings.layer, call);
  settings.layer = layer.name;
  at::Tensor wanted = activations_of(settings.image, layer, context, call);
  return std::make_unique<MapDirection>(std::move(settings), std::move(wanted));
}

}  // namespace

extern const ObjectiveKind tensor;
const ObjectiveKind tensor = {"tensor", "A picture's activations at a layer, position by position",
                              describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
