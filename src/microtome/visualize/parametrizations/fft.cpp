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

// [side, side / 2 + 1, 1]
at::Tensor spectrum_scale(int64_t side, double decay) {
  const at::Tensor fy = at::fft_fftfreq(side, 1.0, at::TensorOptions(at::kDouble)).view({-1, 1});
  const at::Tensor fx = at::fft_rfftfreq(side, 1.0, at::TensorOptions(at::kDouble)).view({1, -1});
  const double side_px = static_cast<double>(side);
  const at::Tensor f = (fx * fx + fy * fy).sqrt().clamp_min(1 / side_px);
  return (kContrast * side_px / f.pow(decay)).unsqueeze(2);
}

class Fft : public Parametrization {
 public:
  Fft(Settings settings, int64_t channels, int64_t side)
      : settings_(settings),
        channels_(channels),
        side_(side),
        scale_(spectrum_scale(side, settings.decay)),
        scale_float_(scale_.to(at::kFloat)) {}

  std::vector<at::Tensor> start(uint64_t seed, uint64_t key, double contrast) const override {
    return {normal_leaf({channels_, side_, side_ / 2 + 1, 2}, settings_.deviation * contrast, seed, "fft", key)};
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    const at::Tensor& scale = parameters[0].scalar_type() == at::kFloat ? scale_float_ : scale_;
    const at::Tensor spectrum = at::view_as_complex(parameters[0] * scale);
    return to_colour(at::fft_irfft2(spectrum, at::IntArrayRef{side_, side_}));
  }

  std::string to_string() const override { return call_text("fft", settings_); }

 private:
  Settings settings_;
  int64_t channels_, side_;
  at::Tensor scale_, scale_float_;
};

std::unique_ptr<Parametrization> make(const Call& call, int64_t channels, int64_t side) {
  return std::make_unique<Fft>(read_settings<Settings>(call), channels, side);
}

}  // namespace

extern const ParametrizationKind fft;
const ParametrizationKind fft = {"fft",
                                 "The picture's spectrum, all frequencies with equal weight; colours decorrelated",
                                 describe_settings<Settings>, make};

}  // namespace microtome::parametrizations
