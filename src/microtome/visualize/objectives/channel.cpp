// SPDX-License-Identifier: Apache-2.0
// The mean of one unit over all positions (Lucid's "channel").
#include <ATen/ATen.h>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  int64_t unit = -1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "unit", .help = "Number of the unit, from 0; must be given"}, s.unit);
  }
};

class Channel : public Objective {
 public:
  explicit Channel(Settings settings) : settings_(std::move(settings)), layers_{settings_.layer} {}
  const std::vector<std::string>& layers() const override { return layers_; }
  at::Tensor score(const View& view) const override { return view.unit(settings_.layer, settings_.unit).mean(); }
  std::string to_string() const override { return call_text("channel", settings_); }
  std::optional<Target> target() const override { return Target{settings_.layer, settings_.unit}; }
  std::optional<std::vector<int64_t>> units(const std::string&) const override { return {{settings_.unit}}; }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const Network& network = context.network;
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(network, settings.layer, call);
  require_unit(layer, settings.unit, call);
  settings.layer = layer.name;
  return std::make_unique<Channel>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind channel;
const ObjectiveKind channel = {"channel", "Mean of one unit over all positions", describe_settings<Settings>, make,
                               "layer:unit"};

}  // namespace microtome::objectives
