// SPDX-License-Identifier: Apache-2.0
// A random shift by whole pixels.
#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct Settings {
  int64_t pixels = 8;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "pixels",
           .help = "Range of the shift along each axis: from -pixels/2 to pixels/2",
           .min = 0,
           .max = 512},
          s.pixels);
  }
};

class Jitter : public Transform {
 public:
  explicit Jitter(Settings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    // As a random crop that is `pixels` smaller, whose centre then moves in whole pixels about the middle.
    const auto dx = static_cast<double>(rng.between(0, settings_.pixels) - settings_.pixels / 2);
    const auto dy = static_cast<double>(rng.between(0, settings_.pixels) - settings_.pixels / 2);
    draw.placement.shift(dx, dy);
  }
  std::string to_string() const override { return call_text("jitter", settings_); }

 private:
  Settings settings_;
};

std::unique_ptr<Transform> make(const Call& call) { return std::make_unique<Jitter>(read_settings<Settings>(call)); }

}  // namespace

extern const TransformKind jitter;
const TransformKind jitter = {"jitter", "A random shift by whole pixels", describe_settings<Settings>, make};

}  // namespace microtome::transforms
