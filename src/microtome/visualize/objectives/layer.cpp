// SPDX-License-Identifier: Apache-2.0
// The mean square of all activations of a layer: what it sees most of is shown more (Mordvintsev's deep dream).
#include <ATen/ATen.h>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
  }
};

class WholeLayer : public Objective {
 public:
  explicit WholeLayer(Settings settings) : settings_(std::move(settings)), layers_{settings_.layer} {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override { return view.layer(settings_.layer).square().mean(); }

  std::string to_string() const override { return call_text("layer", settings_); }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  settings.layer = require_layer(context.network, settings.layer, call).name;
  return std::make_unique<WholeLayer>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind layer;
const ObjectiveKind layer = {"layer", "Everything in a layer: the mean square of its activations (deep dream)",
                             describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
