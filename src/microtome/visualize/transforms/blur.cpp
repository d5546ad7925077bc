// SPDX-License-Identifier: Apache-2.0
// A Gaussian of random width over what the network sees.
#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct BlurSettings {
  double low = 0, high = 1;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "low", .help = "Smallest standard deviation, in pixels of the picture's size", .min = 0, .max = 64},
          s.low);
    field({.name = "high", .help = "Largest; all between are equally likely", .min = 0, .max = 64}, s.high);
  }
};

class Blur : public Transform {
 public:
  explicit Blur(BlurSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    const double sd = rng.uniform(settings_.low, settings_.high);
    draw.retouch.blur_variance += sd * sd;
  }
  std::string to_string() const override { return call_text("blur", settings_); }

 private:
  BlurSettings settings_;
};

std::unique_ptr<Transform> make_blur(const Call& call) {
  const BlurSettings settings = read_settings<BlurSettings>(call);
  check_interval(call, settings.low, settings.high);
  return std::make_unique<Blur>(settings);
}

}  // namespace

extern const TransformKind blur;
const TransformKind blur = {"blur", "A Gaussian blur of random width, after all moves", default_fields<BlurSettings>,
                            make_blur, Suits::kLines};

}  // namespace microtome::transforms
