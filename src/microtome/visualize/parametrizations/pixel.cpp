// SPDX-License-Identifier: Apache-2.0
// The pixels themselves: the baseline, which favours high frequencies. Colours are decorrelated as for the spectrum.
#include <ATen/ATen.h>

#include "microtome/visualize/colour.h"
#include "microtome/visualize/parametrization.h"

namespace microtome::parametrizations {
namespace {

struct PixelSettings {
  double deviation = 0.01;
  std::string colour = "lucid";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "sd", .help = "Standard deviation of the start values", .min = 0, .max = 100}, s.deviation);
    field({.name = "colour", .help = kColourHelp}, s.colour);
  }
};

class Pixel : public Parametrization {
 public:
  Pixel(PixelSettings settings, const Canvas& canvas)
      : settings_(std::move(settings)), canvas_(canvas), colour_(settings_.colour, canvas.channels) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    return {normal_leaf({canvas_.channels, canvas_.height, canvas_.width}, settings_.deviation * contrast, seed,
                        "pixel", keys)};
  }
  at::Tensor image(std::span<const at::Tensor> parameters) const override { return colour_.picture(parameters[0]); }
  std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const override {
    return std::vector<at::Tensor>{colour_.decorrelated(picture).requires_grad_()};
  }
  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas&) const override {
    return std::vector<at::Tensor>{at::upsample_bicubic2d(parameters[0], {canvas_.height, canvas_.width}, false)};
  }
  std::vector<std::string> files() const override { return colour_.files(); }
  std::string to_string() const override { return call_text("pixel", settings_); }

 private:
  PixelSettings settings_;
  Canvas canvas_;
  Colour colour_;
};

std::unique_ptr<Parametrization> make_pixel(const Call& call, const Canvas& canvas) {
  return std::make_unique<Pixel>(read_settings<PixelSettings>(call), canvas);
}

}  // namespace

extern const ParametrizationKind pixel;
const ParametrizationKind pixel = {"pixel", "The pixels themselves", default_fields<PixelSettings>, make_pixel};

}  // namespace microtome::parametrizations
