// SPDX-License-Identifier: Apache-2.0
// A random part of the picture, shown in full: what MACO's network sees (Fel et al., "Unlocking feature visualization
// for deeper networks with magnitude constrained optimization", NeurIPS 2023).
#include <algorithm>

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

constexpr double kCropSmallest = 0.05;

struct CropSettings {
  double low = 0.2, high = 0.5, side_sd = 0, sd = 0.15;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "low", .help = "Smallest side, as a share of the picture's", .min = kCropSmallest, .max = 1}, s.low);
    field({.name = "high", .help = "Largest side", .min = kCropSmallest, .max = 1}, s.high);
    field({.name = "side-sd",
           .help = "Standard deviation of a normal value added to the side, which then ends at 0.05 and 1",
           .min = 0,
           .max = 1},
          s.side_sd);
    field({.name = "sd",
           .help = "Standard deviation of the part's centre about the picture's, which ends where the part would leave "
                   "the picture",
           .min = 0,
           .max = 10},
          s.sd);
  }
};

class Crop : public Transform {
 public:
  explicit Crop(CropSettings settings) : settings_(settings) {}
  void draw(Rng& rng, Draw& draw) const override {
    const double drawn = rng.uniform(settings_.low, settings_.high);
    const double side = std::clamp(drawn + settings_.side_sd * rng.normal(), kCropSmallest, 1.0);
    const double room = (1 - side) / 2;
    const double x = std::clamp(settings_.sd * rng.normal(), -room, room);
    const double y = std::clamp(settings_.sd * rng.normal(), -room, room);
    draw.placement.shift(-x * static_cast<double>(draw.width), -y * static_cast<double>(draw.height));
    draw.placement.scale(1 / side);
  }
  std::string to_string() const override { return call_text("crop", settings_); }

 private:
  CropSettings settings_;
};

std::unique_ptr<Transform> make_crop(const Call& call) {
  const CropSettings settings = read_settings<CropSettings>(call);
  check_interval(call, settings.low, settings.high);
  return std::make_unique<Crop>(settings);
}

}  // namespace

extern const TransformKind crop;
const TransformKind crop = {"crop", "A random part of the picture, shown in full", default_fields<CropSettings>,
                            make_crop, Suits::kLines};

}  // namespace microtome::transforms
