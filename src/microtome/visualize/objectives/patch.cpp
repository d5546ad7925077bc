// SPDX-License-Identifier: Apache-2.0
// The mean of one unit over a rectangle of its map.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/objective.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  int64_t unit = -1;
  int64_t x = -1;
  int64_t y = -1;
  int64_t w = 3;
  int64_t h = 3;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "unit", .help = "Number of the unit, from 0; must be given"}, s.unit);
    field({.name = "x", .help = "First column in the layer's map; -1 = in the middle", .min = -1}, s.x);
    field({.name = "y", .help = "First row in the layer's map; -1 = in the middle", .min = -1}, s.y);
    field({.name = "w", .help = "Columns", .min = 1}, s.w);
    field({.name = "h", .help = "Rows", .min = 1}, s.h);
  }
};

// The positions first .. first + count - 1 along one axis of a map.
at::Tensor part(const at::Tensor& map, int64_t axis, std::string_view name, int64_t first, int64_t count) {
  const int64_t whole = map.size(axis);
  const int64_t begin = first < 0 ? (whole - count) / 2 : first;
  if (count <= whole && begin <= whole - count) return map.narrow(axis, begin, count);
  throw Error(ErrorKind::kUsage, fmt::format("patch, {}", name),
              fmt::format("the rectangle of {} does not fit into the layer's map", count),
              fmt::format("at this picture size the map has {} positions there", whole));
}

class Patch : public Objective {
 public:
  explicit Patch(Settings settings) : settings_(std::move(settings)), layers_{settings_.layer} {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor map = view.unit(settings_.layer, settings_.unit);
    if (map.dim() != 3) throw Error(ErrorKind::kUsage, settings_.layer, "the layer has no map", "use channel");
    const at::Tensor columns = part(map, 2, "x and w", settings_.x, settings_.w);
    return part(columns, 1, "y and h", settings_.y, settings_.h).mean();
  }

  std::string to_string() const override { return call_text("patch", settings_); }
  bool names_places() const override { return settings_.x >= 0 || settings_.y >= 0; }
  std::optional<Target> target() const override { return Target{settings_.layer, settings_.unit}; }
  std::optional<std::vector<int64_t>> units(const std::string&) const override { return {{settings_.unit}}; }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(context.network, settings.layer, call);
  require_unit(layer, settings.unit, call);
  settings.layer = layer.name;
  return std::make_unique<Patch>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind patch;
const ObjectiveKind patch = {"patch", "Mean of one unit over a rectangle of its map, by default 3 x 3 at the centre",
                             describe_settings<Settings>, make, "layer:unit"};

}  // namespace microtome::objectives
