// SPDX-License-Identifier: Apache-2.0
// What lies beyond the picture's edge.
#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct PadSettings {
  double level = 0.5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "level", .help = "Grey level, 0 black to 1 white", .min = 0, .max = 1}, s.level);
  }
};

class Pad : public Transform {
 public:
  explicit Pad(PadSettings settings) : settings_(settings) {}
  void draw(Rng&, Draw& draw) const override { draw.placement.outside = settings_.level; }
  std::string to_string() const override { return call_text("pad", settings_); }

 private:
  PadSettings settings_;
};

std::unique_ptr<Transform> make_pad(const Call& call) {
  return std::make_unique<Pad>(read_settings<PadSettings>(call));
}

}  // namespace

extern const TransformKind pad;
const TransformKind pad = {"pad", "Even grey around the picture; without it the pixels of the edge repeat",
                           default_fields<PadSettings>, make_pad, Suits::kLines};

}  // namespace microtome::transforms
