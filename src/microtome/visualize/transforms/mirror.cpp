// SPDX-License-Identifier: Apache-2.0
// Left and right change places, at random.
#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct MirrorSettings {
  double chance = 0.5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "chance", .help = "How often", .min = 0, .max = 1}, s.chance);
  }
};

class Mirror : public Transform {
 public:
  explicit Mirror(MirrorSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    if (rng.chance(settings_.chance)) draw.placement.mirror();
  }
  std::string to_string() const override { return call_text("mirror", settings_); }

 private:
  MirrorSettings settings_;
};

std::unique_ptr<Transform> make_mirror(const Call& call) {
  return std::make_unique<Mirror>(read_settings<MirrorSettings>(call));
}

}  // namespace

extern const TransformKind mirror;
const TransformKind mirror = {"mirror", "Left and right change places, half of the time",
                              default_fields<MirrorSettings>, make_mirror, Suits::kLines};

}  // namespace microtome::transforms
