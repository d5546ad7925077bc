// SPDX-License-Identifier: Apache-2.0
// A weighted sum of units' means over all positions.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/objective.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  std::vector<std::string> weights;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "weights", .help = "UNIT:WEIGHT, joined by slashes: 3:1/7:-0.5; must be given"}, s.weights);
  }
};

struct Weighted {
  int64_t unit;
  double weight;
};

class Channels : public Objective {
 public:
  Channels(Settings settings, std::vector<Weighted> weights)
      : settings_(std::move(settings)), layers_{settings_.layer}, weights_(std::move(weights)) {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    at::Tensor total;
    for (const auto& [unit, weight] : weights_) {
      const at::Tensor value = view.unit(settings_.layer, unit).mean() * weight;
      total = total.defined() ? total + value : value;
    }
    return total;
  }

  std::string to_string() const override { return call_text("channels", settings_); }
  std::optional<std::vector<int64_t>> units(const std::string&) const override {
    std::vector<int64_t> all;
    for (const auto& [unit, weight] : weights_) all.push_back(unit);
    return all;
  }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
  std::vector<Weighted> weights_;
};

template <class Number>
bool read(std::string_view text, Number& value) {
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc{} && rest == text.data() + text.size();
}

Weighted parse(const std::string& text, const Call& call) {
  const size_t colon = text.find(':');
  Weighted out{-1, 0};
  const bool whole = colon != std::string::npos && read(std::string_view(text).substr(0, colon), out.unit) &&
                     read(std::string_view(text).substr(colon + 1), out.weight);
  if (whole && std::isfinite(out.weight) && out.weight != 0) return out;
  throw Error(ErrorKind::kUsage, call.where_of("weights"), fmt::format("\"{}\" is no unit with its weight", text),
              "write weights=UNIT:WEIGHT/UNIT:WEIGHT");
}

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  const Layer& layer = require_layer(context.network, settings.layer, call);
  settings.layer = layer.name;
  if (settings.weights.empty()) {
    throw Error(ErrorKind::kUsage, call.where, "no weights are given", "add weights=UNIT:WEIGHT/UNIT:WEIGHT");
  }
  std::vector<Weighted> weights;
  for (std::string& text : settings.weights) {
    const Weighted one = parse(text, call);
    require_unit(layer, one.unit, call, "weights");
    if (std::ranges::count(weights, one.unit, &Weighted::unit) > 0) {
      throw Error(ErrorKind::kUsage, call.where_of("weights"), fmt::format("unit {} is given twice", one.unit));
    }
    weights.push_back(one);
    text = fmt::format("{}:{}", one.unit, one.weight);
  }
  return std::make_unique<Channels>(std::move(settings), std::move(weights));
}

}  // namespace

extern const ObjectiveKind channels;
const ObjectiveKind channels = {"channels", "Weighted sum of the means of several units of a layer",
                                describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
