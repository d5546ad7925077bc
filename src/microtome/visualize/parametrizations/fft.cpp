// SPDX-License-Identifier: Apache-2.0
// The spectrum of a picture, scaled so that all frequencies carry equal energy (Lucid's "fft_image"): decorrelated
// channels = irfft2(s * (re + i im)) / 4 with s = sqrt(W H) / max(f, 1 / max(W, H))^decay and re, im ~ N(0, 0.01^2).
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "microtome/visualize/parametrization.h"

namespace microtome::parametrizations {
namespace {

struct Settings {
  double decay = 1;
  double deviation = 0.01;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "decay", .help = "Power of the frequency that scales it down", .min = 0, .max = 4}, s.decay);
    field({.name = "sd", .help = "Standard deviation of the start coefficients", .min = 0, .max = 100}, s.deviation);
  }
};

constexpr double kContrast = 0.25;

// [height, width / 2 + 1, 1]
at::Tensor spectrum_scale(const Canvas& canvas, double decay) {
  const at::Tensor fy = at::fft_fftfreq(canvas.height, 1.0, at::TensorOptions(at::kDouble)).view({-1, 1});
  const at::Tensor fx = at::fft_rfftfreq(canvas.width, 1.0, at::TensorOptions(at::kDouble)).view({1, -1});
  const double longer = static_cast<double>(std::max(canvas.height, canvas.width));
  const double root = std::sqrt(static_cast<double>(canvas.height * canvas.width));
  const at::Tensor f = (fx * fx + fy * fy).sqrt().clamp_min(1 / longer);
  return (kContrast * root / f.pow(decay)).unsqueeze(2);
}

class Fft : public Parametrization {
 public:
  Fft(Settings settings, const Canvas& canvas)
      : settings_(settings),
        canvas_(canvas),
        scale_(spectrum_scale(canvas, settings.decay)),
        scale_float_(scale_.to(at::kFloat)) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    return {normal_leaf({canvas_.channels, canvas_.height, canvas_.width / 2 + 1, 2}, settings_.deviation * contrast,
                        seed, "fft", keys)};
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    const at::Tensor& scale = parameters[0].scalar_type() == at::kFloat ? scale_float_ : scale_;
    const at::Tensor spectrum = at::view_as_complex(parameters[0] * scale);
    return to_colour(at::fft_irfft2(spectrum, at::IntArrayRef{canvas_.height, canvas_.width}));
  }

  std::string to_string() const override { return call_text("fft", settings_); }

 private:
  Settings settings_;
  Canvas canvas_;
  at::Tensor scale_, scale_float_;
};

std::unique_ptr<Parametrization> make(const Call& call, const Canvas& canvas) {
  return std::make_unique<Fft>(read_settings<Settings>(call), canvas);
}

}  // namespace

extern const ParametrizationKind fft;
const ParametrizationKind fft = {"fft",
                                 "The picture's spectrum, all frequencies with equal weight; colours decorrelated",
                                 describe_settings<Settings>, make};

}  // namespace microtome::parametrizations
