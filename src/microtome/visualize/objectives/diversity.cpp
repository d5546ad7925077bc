// SPDX-License-Identifier: Apache-2.0
// How alike the pictures made together are to a layer, to be subtracted (Lucid's "diversity"): with G_n the Gram matrix
// of picture n over its Frobenius norm, the sum over ordered pairs n != m of <G_n, G_m>, over the number of pictures.
#include <ATen/ATen.h>

#include "microtome/visualize/matching.h"

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

constexpr double kSquareFloor = 1e-10;  // of the norm's square

class Diversity : public Objective {
 public:
  explicit Diversity(Settings settings) : settings_(std::move(settings)), layers_{settings_.layer} {}
  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const View& view) const override {
    const at::Tensor& tap = view.layer(settings_.layer);
    const int64_t pictures = require_pictures(tap, "diversity");
    const at::Tensor flat = grams(tap).reshape({pictures, -1});
    const at::Tensor unit = flat / flat.square().sum(1, /*keepdim=*/true).clamp_min(kSquareFloor).sqrt();
    const at::Tensor cosines = unit.matmul(unit.t());
    return (cosines.sum() - cosines.trace()) / pictures;
  }

  std::string to_string() const override { return call_text("diversity", settings_); }
  int64_t together() const override { return 2; }
  bool regularizes() const override { return true; }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  auto settings = read_settings<Settings>(call);
  settings.layer = require_layer(context.network, settings.layer, call).name;
  return std::make_unique<Diversity>(std::move(settings));
}

}  // namespace

extern const ObjectiveKind diversity;
const ObjectiveKind diversity = {"diversity",
                                 "Likeness of the pictures made together, to be subtracted: cosines of Gram matrices",
                                 describe_settings<Settings>, make, "layer"};

}  // namespace microtome::objectives
