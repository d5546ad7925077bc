// SPDX-License-Identifier: Apache-2.0
// A picture's activations, exaggerated (Lucid's caricature, over the norm of the picture's activations as well): for
// each picture (a . v) * max(0.1, cos(a, v))^power over the whole layer, with 1e-6 added to both norms; mean over the
// pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  std::string image;
  double power = 1;
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

constexpr double kNormFloor = 1e-6;

class Caricature : public Objective {
 public:
  Caricature(Settings settings, at::Tensor wanted)
      : settings_(std::move(settings)), layers_{settings_.layer}, wanted_(std::move(wanted)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor& tap = view.layer(settings_.layer);
    const at::Tensor a = tap.reshape({tap.size(0), -1}), v = fitted(wanted_, tap).reshape({1, -1});
    return weighed_dot((a * v).sum(1), a.norm(2, 1), v.norm(2, 1), settings_.power, kNormFloor).mean();
  }

  std::string to_string() const override { return call_text("caricature", settings_); }
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
  return std::make_unique<Caricature>(std::move(settings), std::move(wanted));
}

}  // namespace

extern const ObjectiveKind caricature;
const ObjectiveKind caricature = {"caricature", "A picture exaggerated: its activations at a layer, as a whole",
                                  describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
