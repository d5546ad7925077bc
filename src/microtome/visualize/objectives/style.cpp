// SPDX-License-Identifier: Apache-2.0
// The style of a picture: minus the mean absolute difference of Gram matrices, each divided by the number of positions,
// so that pictures of any size compare; mean over the pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  std::string image;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "image", .help = "Picture file; must be given"}, s.image);
  }
};

at::Tensor mean_grams(const at::Tensor& tap) { return grams(tap) / positions(tap).size(2); }

class Style : public Objective {
 public:
  Style(Settings settings, at::Tensor wanted)
      : settings_(std::move(settings)), layers_{settings_.layer}, wanted_(std::move(wanted)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor found = mean_grams(view.layer(settings_.layer));
    return -(found - wanted_.to(found.scalar_type())).abs().mean();
  }

  std::string to_string() const override { return call_text("style", settings_); }
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
  at::Tensor wanted = mean_grams(activations_of(settings.image, layer, context, call));
  return std::make_unique<Style>(std::move(settings), std::move(wanted));
}

}  // namespace

extern const ObjectiveKind style;
const ObjectiveKind style = {"style", "The style of a picture: minus the distance of Gram matrices at a layer",
                             describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
