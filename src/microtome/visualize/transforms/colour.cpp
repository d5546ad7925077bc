// SPDX-License-Identifier: Apache-2.0
// Random brightness, contrast and saturation.
#include <array>

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

// Of grey in a colour: ITU-R BT.601.
constexpr std::array<double, 3> kLuma = {0.299, 0.587, 0.114};

struct ColourSettings {
  double brightness = 0.1, contrast = 0.1, saturation = 0.1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field(
        {.name = "brightness", .help = "Largest value added or taken off; black is 0, white is 1", .min = 0, .max = 1},
        s.brightness);
    field({.name = "contrast",
           .help = "Values are colour_spread about middle grey by 1 - contrast to 1 + contrast",
           .min = 0,
           .max = 1},
          s.contrast);
    field({.name = "saturation",
           .help = "Colours are colour_spread about their own grey by 1 - saturation to 1 + saturation",
           .min = 0,
           .max = 1},
          s.saturation);
  }
};

// factor * x + offset in every channel.
ColourMap colour_spread(double factor, double offset) {
  return {{factor, 0, 0, 0, factor, 0, 0, 0, factor}, {offset, offset, offset}};
}

class Colour : public Transform {
 public:
  explicit Colour(ColourSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    ColourMap& colour = draw.retouch.colour;
    colour.then(colour_spread(1, rng.uniform(-settings_.brightness, settings_.brightness)));
    const double contrast = 1 + rng.uniform(-settings_.contrast, settings_.contrast);
    colour.then(colour_spread(contrast, 0.5 * (1 - contrast)));
    const double saturation = 1 + rng.uniform(-settings_.saturation, settings_.saturation);
    ColourMap saturate = colour_spread(saturation, 0);
    for (size_t i = 0; i < 9; ++i) saturate.matrix[i] += (1 - saturation) * kLuma[i % 3];
    colour.then(saturate);
  }
  std::string to_string() const override { return call_text("colour", settings_); }

 private:
  ColourSettings settings_;
};

std::unique_ptr<Transform> make_colour(const Call& call) {
  return std::make_unique<Colour>(read_settings<ColourSettings>(call));
}

}  // namespace

extern const TransformKind colour;
const TransformKind colour = {"colour", "Random brightness, contrast and saturation, after moves and blur",
                              default_fields<ColourSettings>, make_colour};

}  // namespace microtome::transforms
