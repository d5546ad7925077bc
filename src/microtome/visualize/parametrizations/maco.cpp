// SPDX-License-Identifier: Apache-2.0
// Phases alone (MACO: Fel et al., NeurIPS 2023): the magnitudes r of the spectrum are those of pictures and stay. With
// t = irfft2(r exp(i phase)), the decorrelated channels are (t - mean) / deviation, both over all channels of a
// picture. Phases begin uniform over the circle.
#include <ATen/ATen.h>

#include <numbers>

#include "microtome/base/error.h"
#include "microtome/visualize/colour.h"
#include "microtome/visualize/magnitudes.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/spectrum.h"

namespace microtome::parametrizations {
namespace {

constexpr const char* kDioramas = "dioramas";

struct MacoSettings {
  std::string spectrum = kDioramas;
  std::string colour = "lucid";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "spectrum", .help = "dioramas, or a file of microtome measure (.npy): whose magnitudes"},
          s.spectrum);
    field({.name = "colour", .help = kColourHelp}, s.colour);
  }
};

// Spread over several turns a normal distribution is uniform on the circle, to eight digits.
constexpr double kPhaseDeviation = 2 * std::numbers::pi;

class Maco : public Parametrization {
 public:
  Maco(MacoSettings settings, const Canvas& canvas, const at::Tensor& measured)
      : settings_(std::move(settings)),
        canvas_(canvas),
        colour_(settings_.colour, canvas.channels),
        measured_(measured),
        magnitudes_(resampled_magnitudes(measured, canvas.height, canvas.width)) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    return {normal_leaf(magnitudes_.sizes(), kPhaseDeviation * contrast, seed, "maco", keys)};
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    const at::Tensor t = at::fft_irfft2(spectrum(parameters[0], magnitudes_), {{canvas_.height, canvas_.width}});
    const at::Tensor centred = t - t.mean({1, 2, 3}, true);
    return colour_.picture(centred / centred.square().mean({1, 2, 3}, true).sqrt());
  }

  // The picture's phases, with the magnitudes of the kind.
  std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const override {
    return std::vector<at::Tensor>{at::fft_rfft2(colour_.decorrelated(picture)).angle().requires_grad_()};
  }

  // Frequencies that the smaller picture did not have get phases by chance, the same for every picture.
  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas& from) const override {
    const Spectrum smaller(from.height, from.width, 0), larger(canvas_.height, canvas_.width, 0);
    const at::Tensor before = spectrum(parameters[0], resampled_magnitudes(measured_, from.height, from.width));
    const at::Tensor samples = at::fft_irfft2(before, {{from.height, from.width}});
    const at::Tensor grown = at::view_as_complex(larger.grown(smaller.coefficients(samples), smaller));
    const uint64_t key = 0;
    const at::Tensor chance = normal_leaf(magnitudes_.sizes(), kPhaseDeviation, 0, "maco grown", {&key, 1}).detach();
    return std::vector<at::Tensor>{at::where(grown.abs() == 0, chance, grown.angle())};
  }

  double lr() const override { return 0.2; }
  std::vector<std::string> files() const override {
    std::vector<std::string> all = colour_.files();
    if (settings_.spectrum != kDioramas) all.push_back(settings_.spectrum);
    return all;
  }
  std::string to_string() const override { return call_text("maco", settings_); }

 private:
  static at::Tensor spectrum(const at::Tensor& phases, const at::Tensor& magnitudes) {
    const at::Tensor r = magnitudes.to(phases.scalar_type());
    return at::complex(r * phases.cos(), r * phases.sin());
  }

  MacoSettings settings_;
  Canvas canvas_;
  Colour colour_;
  at::Tensor measured_, magnitudes_;
};

at::Tensor measured(const MacoSettings& settings, const Canvas& canvas, const Call& call) {
  if (settings.spectrum != kDioramas) return read_magnitudes(settings.spectrum, canvas.channels);
  const bool coloured = canvas.channels == 3 && settings.colour == "lucid";
  if (!coloured && canvas.channels != 1) {
    throw Error(ErrorKind::kUsage, call.where, "the spectrum of dioramas is of three channels with Lucid's colours",
                "give spectrum=FILE.npy, measured with these colours: microtome measure");
  }
  return diorama_magnitudes().narrow(0, 0, canvas.channels);
}

std::unique_ptr<Parametrization> make_maco(const Call& call, const Canvas& canvas) {
  auto settings = read_settings<MacoSettings>(call);
  if (canvas.height * canvas.width == 1) {
    throw Error(ErrorKind::kUsage, call.where, "a single pixel has no phases", "use pixel");
  }
  const at::Tensor magnitudes = measured(settings, canvas, call);
  return std::make_unique<Maco>(std::move(settings), canvas, magnitudes);
}

}  // namespace

extern const ParametrizationKind maco;
const ParametrizationKind maco = {"maco", "Phases alone, with the magnitudes of real pictures: for deep units",
                                  default_fields<MacoSettings>, make_maco};

}  // namespace microtome::parametrizations
