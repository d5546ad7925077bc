// SPDX-License-Identifier: Apache-2.0
// sqrt(1e-6 + the sum over pixels and channels of (x - centre)^2), mean over the pictures (Lucid's "L2").
#include <ATen/ATen.h>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::penalties {
namespace {

struct Settings {
  double centre = 0.5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "centre", .help = "Value that costs nothing", .min = 0, .max = 1}, s.centre);
  }
};

constexpr double kSquareFloor = 1e-6;

class L2 : public Objective {
 public:
  explicit L2(Settings settings) : settings_(settings) {}
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override { return true; }
  bool regularizes() const override { return true; }
  at::Tensor score(const View& view) const override {
    const at::Tensor squares = (view.picture() - settings_.centre).square().sum({1, 2, 3});
    return (squares + kSquareFloor).sqrt().mean();
  }

  std::string to_string() const override { return call_text("l2", settings_); }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext&) {
  return std::make_unique<L2>(read_settings<Settings>(call));
}

}  // namespace

extern const ObjectiveKind l2;
const ObjectiveKind l2 = {"l2", "Distance of the pixels from grey: the root of the sum of squares",
                          describe_settings<Settings>, make};

}  // namespace microtome::penalties
