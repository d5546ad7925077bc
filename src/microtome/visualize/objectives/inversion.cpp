// SPDX-License-Identifier: Apache-2.0
// What a layer keeps of a picture: minus the squared distance of activations, over the squared norm of the picture's;
// mean over the pictures.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/matching.h"

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

// A picture that leaves the whole layer at 0 has nothing to be matched.
at::Tensor no_silence(at::Tensor wanted, const Call& call) {
  if (wanted.square().sum().item<double>() > 0) return wanted;
  throw Error(ErrorKind::kUsage, call.where_of("image"), "the layer is silent on the picture", "choose another layer");
}

class Inversion : public Objective {
 public:
  Inversion(Settings settings, at::Tensor wanted)
      : settings_(std::move(settings)), layers_{settings_.layer}, wanted_(std::move(wanted)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor& tap = view.layer(settings_.layer);
    const at::Tensor wanted = fitted(wanted_, tap);
    return -(tap - wanted).square().sum() / wanted.square().sum() / tap.size(0);
  }

  std::string to_string() const override { return call_text("inversion", settings_); }
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
  at::Tensor wanted = no_silence(activations_of(settings.image, layer, context, call), call);
  return std::make_unique<Inversion>(std::move(settings), std::move(wanted));
}

}  // namespace

extern const ObjectiveKind inversion;
const ObjectiveKind inversion = {"inversion", "What a layer keeps of a picture: minus the distance of activations",
                                 describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
