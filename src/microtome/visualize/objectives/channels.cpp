// SPDX-License-Identifier: Apache-2.0
// A weighted sum of units' means over all positions.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/visualize/objective_kind.h"

namespace microtome::objectives {
namespace {

struct ChannelsSettings : LayerSettings {
  std::vector<std::string> weights;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    LayerSettings::fields(s, field);
    field({.name = "weights", .help = "UNIT:WEIGHT, joined by slashes: 3:1/7:-0.5; must be given"}, s.weights);
  }
};

struct Weighted {
  int64_t unit;
  double weight;
};

template <class Number>
bool read(std::string_view text, Number& value) {
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc{} && rest == text.data() + text.size();
}

Weighted channels_parse(const std::string& text, const Call& call) {
  const size_t colon = text.find(':');
  Weighted out{-1, 0};
  const bool whole = colon != std::string::npos && read(std::string_view(text).substr(0, colon), out.unit) &&
                     read(std::string_view(text).substr(colon + 1), out.weight);
  if (whole && std::isfinite(out.weight) && out.weight != 0) return out;
  throw Error(ErrorKind::kUsage, call.where_of("weights"), fmt::format("\"{}\" is no unit with its weight", text),
              "write weights=UNIT:WEIGHT/UNIT:WEIGHT");
}

at::Tensor channels_formula(const std::string& layer, const std::vector<Weighted>& weights, const View& view) {
  at::Tensor total;
  for (const auto& [unit, weight] : weights) {
    const at::Tensor value = view.unit(layer, unit).mean() * weight;
    total = total.defined() ? total + value : value;
  }
  return total;
}

Objective make_channels(const Call& call, const ObjectiveContext& context) {
  auto settings = read_layer_settings<ChannelsSettings>(call, context);
  if (settings.weights.empty()) {
    throw Error(ErrorKind::kUsage, call.where, "no weights are given", "add weights=UNIT:WEIGHT/UNIT:WEIGHT");
  }
  std::vector<Weighted> weights;
  std::vector<int64_t> units;
  for (std::string& text : settings.weights) {
    const Weighted one = channels_parse(text, call);
    require_unit(context.network.layer(settings.layer), one.unit, call, "weights");
    if (std::ranges::count(units, one.unit) > 0) {
      throw Error(ErrorKind::kUsage, call.where_of("weights"), fmt::format("unit {} is given twice", one.unit));
    }
    weights.push_back(one);
    units.push_back(one.unit);
    text = fmt::format("{}:{}", one.unit, one.weight);
  }
  Objective objective;
  objective.reads.layers = {{settings.layer, units}};
  objective.text = call_text(call.name, settings);
  objective.score = [layer = settings.layer, weights](const View& view) {
    return channels_formula(layer, weights, view);
  };
  return objective;
}

}  // namespace

extern const ObjectiveKind channels;
const ObjectiveKind channels = {"channels", "Weighted sum of the means of several units of a layer",
                                default_fields<ChannelsSettings>, make_channels, "layer"};

}  // namespace microtome::objectives
