// SPDX-License-Identifier: Apache-2.0
// The mean of one unit over a rectangle of its map.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

struct PatchSettings : UnitSettings {
  int64_t x = -1;
  int64_t y = -1;
  int64_t w = 3;
  int64_t h = 3;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    UnitSettings::fields(s, field);
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

at::Tensor patch_formula(const PatchSettings& s, const View& view) {
  const at::Tensor map = view.unit(s.layer, s.unit);
  if (map.dim() != 3) throw Error(ErrorKind::kUsage, s.layer, "the layer has no map", "use channel");
  const at::Tensor columns = part(map, 2, "x and w", s.x, s.w);
  return part(columns, 1, "y and h", s.y, s.h).mean();
}

Objective make_patch(const Call& call, const ObjectiveContext& context) {
  const auto s = read_layer_settings<PatchSettings>(call, context);
  Objective objective = of_unit(call, s, patch_formula);
  objective.reads.places = s.x >= 0 || s.y >= 0;
  return objective;
}

}  // namespace

extern const ObjectiveKind patch;
const ObjectiveKind patch = {"patch", "Mean of one unit over a rectangle of its map, by default 3 x 3 at the centre",
                             default_fields<PatchSettings>, make_patch, "layer:unit"};

}  // namespace microtome::objectives
