// SPDX-License-Identifier: Apache-2.0
// From one unit to another over the pictures made together (Lucid's "channel_interpolate"): the mean over pictures n of
// N of (1 - w) mean(unit a) + w mean(unit b), w = n / (N - 1).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/objective.h"

namespace microtome::objectives {
namespace {

struct Settings {
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

class Interpolate : public Objective {
 public:
  explicit Interpolate(std::array<End, 2> ends) : ends_(std::move(ends)), layers_{ends_[0].layer} {
    if (ends_[1].layer != ends_[0].layer) layers_.push_back(ends_[1].layer);
  }
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor first = means(view, ends_[0]), last = means(view, ends_[1]);
    const at::Tensor w = at::linspace(0, 1, require_pictures(first, "interpolate"), first.options());
    return ((1 - w) * first + w * last).mean();
  }

  std::string to_string() const override {
    const auto text = [](const End& end) { return fmt::format("{}:{}", end.layer, end.unit); };
    return call_text("interpolate", Settings{.from = text(ends_[0]), .to = text(ends_[1])});
  }
  int64_t together() const override { return 2; }
  std::optional<std::vector<int64_t>> units(const std::string& layer) const override {
    std::set<int64_t> all;
    for (const End& end : ends_) {
      if (end.layer == layer) all.insert(end.unit);
    }
    return std::vector<int64_t>(all.begin(), all.end());
  }

 private:
  std::array<End, 2> ends_;
  std::vector<std::string> layers_;
};

End parse(const std::string& text, const std::string& argument, const Call& call, const Network& network) {
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

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const auto settings = read_settings<Settings>(call);
  return std::make_unique<Interpolate>(std::array<End, 2>{parse(settings.from, "from", call, context.network),
                                                          parse(settings.to, "to", call, context.network)});
}

}  // namespace

extern const ObjectiveKind interpolate;
const ObjectiveKind interpolate = {"interpolate", "From one unit to another over the pictures made together",
                                   describe_settings<Settings>, make};

}  // namespace microtome::objectives
