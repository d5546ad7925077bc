// SPDX-License-Identifier: Apache-2.0
// Noise on every value that the network sees.
#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct NoiseSettings {
  double sd = 0.05, uniform = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "sd", .help = "Standard deviation of a normal part; black is 0, white is 1", .min = 0, .max = 10},
          s.sd);
    field({.name = "uniform", .help = "A uniform part lies between this and its negative", .min = 0, .max = 10},
          s.uniform);
  }
};

class AddNoise : public Transform {
 public:
  explicit AddNoise(NoiseSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    const uint64_t upper = rng.next();
    draw.retouch.noise.push_back({settings_.sd, settings_.uniform, upper << 32 | rng.next()});
  }
  std::string to_string() const override { return call_text("noise", settings_); }

 private:
  NoiseSettings settings_;
};

std::unique_ptr<Transform> make_noise(const Call& call) {
  return std::make_unique<AddNoise>(read_settings<NoiseSettings>(call));
}

}  // namespace

extern const TransformKind noise;
const TransformKind noise = {"noise", "Noise on every value, after moves, blur and colour",
                             default_fields<NoiseSettings>, make_noise, Suits::kValues};

}  // namespace microtome::transforms
