// SPDX-License-Identifier: Apache-2.0
// Random brightness, contrast and saturation.
#include <array>

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

// Of grey in a colour: ITU-R BT.601.
constexpr std::array<double, 3> kLuma = {0.299, 0.587, 0.114};

struct Settings {
  double brightness = 0.1, contrast = 0.1, saturation = 0.1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field(
        {.name = "brightness", .help = "Largest value added or taken off; black is 0, white is 1", .min = 0, .max = 1},
        s.brightness);
    field({.name = "contrast",
           .help = "Values are spread about middle grey by 1 - contrast to 1 + contrast",
           .min = 0,
           .max = 1},
          s.contrast);
    field({.name = "saturation",
           .help = "Colours are spread about their own grey by 1 - saturation to 1 + saturation",
           .min = 0,
           .max = 1},
          s.saturation);
  }
};

// factor * x + offset in every channel.
ColourMap spread(double factor, double offset) {
  return {{factor, 0, 0, 0, factor, 0, 0, 0, factor}, {offset, offset, offset}};
}

class Colour : public Transform {
 public:
  explicit Colour(Settings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    ColourMap& colour = draw.retouch.colour;
    colour.then(spread(1, rng.uniform(-settings_.brightness, settings_.brightness)));
    const double contrast = 1 + rng.uniform(-settings_.contrast, settings_.contrast);
    colour.then(spread(contrast, 0.5 * (1 - contrast)));
    const double saturation = 1 + rng.uniform(-settings_.saturation, settings_.saturation);
    ColourMap saturate = spread(saturation, 0);
    for (size_t i = 0; i < 9; ++i) saturate.matrix[i] += (1 - saturation) * kLuma[i % 3];
    colour.then(saturate);
  }
  std::string to_string() const override { return call_text("colour", settings_); }

 private:
  Settings settings_;
};

std::unique_ptr<Transform> make(const Call& call) { return std::make_unique<Colour>(read_settings<Settings>(call)); }

}  // namespace

extern const TransformKind colour;
const TransformKind colour = {"colour", "Random brightness, contrast and saturation, after moves and blur",
                              default_fields<Settings>, make};

}  // namespace microtome::transforms
