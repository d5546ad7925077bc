// SPDX-License-Identifier: Apache-2.0
// From one unit to another over the pictures made together (Lucid's "channel_interpolate"): the mean over pictures n of
// N of (1 - w) mean(unit a) + w mean(unit b), w = n / (N - 1).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <set>

#include "microtome/base/error.h"
#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

struct InterpolateSettings {
  std::string from;
  std::string to;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "from", .help = "LAYER:UNIT that the first picture is made for; must be given"}, s.from);
    field({.name = "to", .help = "LAYER:UNIT that the last picture is made for; must be given"}, s.to);
  }
};

struct End {
  std::string layer;
  int64_t unit;
};

// The mean over positions, one number a picture.
at::Tensor means(const View& view, const End& end) {
  const at::Tensor map = view.unit(end.layer, end.unit);
  return map.reshape({map.size(0), -1}).mean(1);
}

at::Tensor interpolate_formula(const std::array<End, 2>& ends, const View& view) {
  const at::Tensor first = means(view, ends[0]), last = means(view, ends[1]);
  const at::Tensor w = at::linspace(0, 1, require_pictures(first, "interpolate"), first.options());
  return ((1 - w) * first + w * last).mean();
}

End interpolate_parse(const std::string& text, const std::string& argument, const Call& call, const Network& network) {
  const std::string remedy = fmt::format("write {}=LAYER:UNIT", argument);
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    throw Error(ErrorKind::kUsage, call.where_of(argument),
                text.empty() ? fmt::format("\"{}\" is not given", argument) : fmt::format("\"{}\" names no unit", text),
                remedy);
  }
  End end{text.substr(0, colon), -1};
  const Layer& layer = require_layer(network, end.layer, call, argument);
  const auto [rest, code] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), end.unit);
  if (code != std::errc{} || rest != text.data() + text.size()) {
    throw Error(ErrorKind::kUsage, call.where_of(argument), fmt::format("\"{}\" is no unit", text.substr(colon + 1)),
                remedy);
  }
  require_unit(layer, end.unit, call, argument);
  end.layer = layer.name;
  return end;
}

// What the ends read, by layer.
std::vector<LayerReads> layers_of(const std::array<End, 2>& ends) {
  const auto& [from, to] = ends;
  if (from.layer != to.layer) return {{from.layer, std::vector{from.unit}}, {to.layer, std::vector{to.unit}}};
  const std::set<int64_t> units = {from.unit, to.unit};
  return {{from.layer, std::vector(units.begin(), units.end())}};
}

Objective make_interpolate(const Call& call, const ObjectiveContext& context) {
  const auto settings = read_settings<InterpolateSettings>(call);
  const std::array<End, 2> ends = {interpolate_parse(settings.from, "from", call, context.network),
                                   interpolate_parse(settings.to, "to", call, context.network)};
  const auto text = [](const End& end) { return fmt::format("{}:{}", end.layer, end.unit); };
  Objective objective;
  objective.reads = {.layers = layers_of(ends), .together = 2};
  objective.text = call_text(call.name, InterpolateSettings{.from = text(ends[0]), .to = text(ends[1])});
  objective.score = [ends](const View& view) { return interpolate_formula(ends, view); };
  return objective;
}

}  // namespace

extern const ObjectiveKind interpolate;
const ObjectiveKind interpolate = {"interpolate", "From one unit to another over the pictures made together",
                                   default_fields<InterpolateSettings>, make_interpolate};

}  // namespace microtome::objectives
