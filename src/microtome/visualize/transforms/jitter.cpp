// SPDX-License-Identifier: Apache-2.0
// A random shift by whole pixels.
#include <cmath>

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct JitterSettings {
  int64_t pixels = 8;
  double share = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "pixels",
           .help = "Range of the shift along each axis: from -pixels/2 to pixels/2",
           .min = 0,
           .max = 512},
          s.pixels);
    field({.name = "share",
           .help = "The range as a share of the picture's side, instead of pixels; 0 = pixels",
           .min = 0,
           .max = 1},
          s.share);
  }
};

class Jitter : public Transform {
 public:
  explicit Jitter(JitterSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    const double dx = along(rng, draw.width), dy = along(rng, draw.height);
    draw.placement.shift(dx, dy);
  }
  std::string to_string() const override { return call_text("jitter", settings_); }

 private:
  // As a random crop that is smaller by the range, whose centre then moves in whole pixels about the middle.
  double along(Rng& rng, int64_t side) const {
    const int64_t range =
        settings_.share > 0 ? std::llround(settings_.share * static_cast<double>(side)) : settings_.pixels;
    return static_cast<double>(rng.between(0, range) - range / 2);
  }

  JitterSettings settings_;
};

std::unique_ptr<Transform> make_jitter(const Call& call) {
  refuse_both(call, "pixels", "share");
  return std::make_unique<Jitter>(read_settings<JitterSettings>(call));
}

}  // namespace

extern const TransformKind jitter;
const TransformKind jitter = {"jitter", "A random shift by whole pixels", default_fields<JitterSettings>, make_jitter,
                              Suits::kLines};

}  // namespace microtome::transforms
