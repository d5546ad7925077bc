// SPDX-License-Identifier: Apache-2.0
// Keeps neighbours among the pictures made together alike at a layer (Lucid's "alignment"), to be added:
// -sum over d = 1..4 and n of mean((A_n - A_(n+d))^2) / decay^d.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  std::string layer;
  double decay = 2;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Name or alias of a layer"}, s.layer);
    field({.name = "decay",
           .help = "How much less the distance counts for each picture further away",
           .min = 1,
           .max = 1000},
          s.decay);
  }
};

constexpr int64_t kReach = 4;

class Alignment : public Objective {
 public:
  explicit Alignment(Settings settings) : settings_(std::move(settings)), layers_{settings_.layer} {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor& tap = view.layer(settings_.layer);
    const int64_t pictures = require_pictures(tap, "alignment");
    const double cells = static_cast<double>(tap.numel() / pictures);
    at::Tensor total = at::zeros({}, tap.options());
    for (int64_t d = 1; d <= std::min(kReach, pictures - 1); ++d) {
      const at::Tensor differences = tap.narrow(0, 0, pictures - d) - tap.narrow(0, d, pictures - d);
      total = total - differences.square().sum() / (cells * std::pow(settings_.decay, static_cast<double>(d)));
    }
    return total;
  }

  std::string to_string() const override { return call_text("alignment", settings_); }
  int64_t together() const override { return 2; }
  bool regularizes() const override { return true; }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  settings.layer = require_layer(context.network, settings.layer, call).name;
  return std::make_unique<Alignment>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind alignment;
const ObjectiveKind alignment = {
    "alignment", "Likeness of neighbours among the pictures made together: minus their squared distances",
    describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
