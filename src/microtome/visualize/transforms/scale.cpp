// SPDX-License-Identifier: Apache-2.0
// A random enlargement about the centre.
#include "microtome/base/error.h"
#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

constexpr double kScaleSmallest = 0.01;

struct ScaleSettings {
  std::vector<double> factors = {0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.08, 1.1};
  double low = 0, high = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "factors",
           .help = "Enlargements, each equally likely, separated by /",
           .min = kScaleSmallest,
           .max = 100},
          s.factors);
    field({.name = "low", .help = "Smallest of an interval of enlargements, instead of factors", .min = 0, .max = 100},
          s.low);
    field({.name = "high", .help = "Largest of it; 0 = factors", .min = 0, .max = 100}, s.high);
  }
};

class Scale : public Transform {
 public:
  explicit Scale(ScaleSettings settings) : settings_(std::move(settings)) {}
  void draw(Rng& rng, Draw& draw) const override {
    if (settings_.high > 0) {
      draw.placement.scale(rng.uniform(settings_.low, settings_.high));
      return;
    }
    const int64_t choice = rng.below(static_cast<int64_t>(settings_.factors.size()));
    draw.placement.scale(settings_.factors[static_cast<size_t>(choice)]);
  }
  std::string to_string() const override { return call_text("scale", settings_); }

 private:
  ScaleSettings settings_;
};

std::unique_ptr<Transform> make_scale(const Call& call) {
  refuse_both(call, "factors", "low");
  refuse_both(call, "factors", "high");
  ScaleSettings settings = read_settings<ScaleSettings>(call);
  check_interval(call, settings.low, settings.high);
  if (settings.high > 0 && settings.low < kScaleSmallest) {
    throw Error(ErrorKind::kUsage, call.where, "low is missing or below 0.01");
  }
  return std::make_unique<Scale>(std::move(settings));
}

}  // namespace

extern const TransformKind scale;
const TransformKind scale = {"scale", "A random enlargement about the centre", default_fields<ScaleSettings>,
                             make_scale, Suits::kLines};

}  // namespace microtome::transforms
