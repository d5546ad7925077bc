// SPDX-License-Identifier: Apache-2.0
// A random turn about the centre.
#include <numbers>

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct RotateSettings {
  int64_t degrees = 10;
  int64_t rest = 5;
  std::vector<int64_t> angles;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "degrees",
           .help = "Largest turn; whole degrees to both sides are equally likely",
           .min = 0,
           .max = 180},
          s.degrees);
    field({.name = "rest",
           .help = "How many times likelier than any other angle no turn is, less one",
           .min = 0,
           .max = 1000},
          s.rest);
    field({.name = "angles",
           .help = "Turns in whole degrees, each equally likely, separated by /; instead of degrees and rest",
           .min = -180,
           .max = 180},
          s.angles);
  }
};

class Rotate : public Transform {
 public:
  explicit Rotate(RotateSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    draw.placement.rotate(static_cast<double>(degrees(rng)) * std::numbers::pi / 180);
  }
  std::string to_string() const override { return call_text("rotate", settings_); }

 private:
  int64_t degrees(Rng& rng) const {
    if (!settings_.angles.empty()) {
      return settings_.angles[static_cast<size_t>(rng.below(static_cast<int64_t>(settings_.angles.size())))];
    }
    const int64_t choice = rng.below(2 * settings_.degrees + 1 + settings_.rest);
    return choice > 2 * settings_.degrees ? 0 : choice - settings_.degrees;  // or one of the extra zeros
  }

  RotateSettings settings_;
};

std::unique_ptr<Transform> make_rotate(const Call& call) {
  refuse_both(call, "angles", "degrees");
  refuse_both(call, "angles", "rest");
  return std::make_unique<Rotate>(read_settings<RotateSettings>(call));
}

}  // namespace

extern const TransformKind rotate;
const TransformKind rotate = {"rotate", "A random turn about the centre by whole degrees",
                              default_fields<RotateSettings>, make_rotate};

}  // namespace microtome::transforms
