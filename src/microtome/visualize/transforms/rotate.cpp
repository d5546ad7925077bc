// SPDX-License-Identifier: Apache-2.0
// A random turn about the centre.
#include <numbers>

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct Settings {
  int64_t degrees = 10;
  int64_t rest = 5;
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
  }
};

class Rotate : public Transform {
 public:
  explicit Rotate(Settings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    const int64_t choice = rng.below(2 * settings_.degrees + 1 + settings_.rest);
    if (choice > 2 * settings_.degrees) return;  // One of the extra zeros.
    draw.placement.rotate(static_cast<double>(choice - settings_.degrees) * std::numbers::pi / 180);
  }
  std::string to_string() const override { return call_text("rotate", settings_); }

 private:
  Settings settings_;
};

std::unique_ptr<Transform> make(const Call& call) { return std::make_unique<Rotate>(read_settings<Settings>(call)); }

}  // namespace

extern const TransformKind rotate;
const TransformKind rotate = {"rotate", "A random turn about the centre by whole degrees", describe_settings<Settings>,
                              make};

}  // namespace microtome::transforms
