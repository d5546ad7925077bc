// SPDX-License-Identifier: Apache-2.0
// The spectrum of a picture, all frequencies with equal energy (spectrum.h), re, im ~ N(0, 0.01^2) to begin with; with
// opacity, one more such channel, which no matrix mixes with the colours, through the logistic function.
#include <ATen/ATen.h>

#include "microtome/visualize/colour.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/spectrum.h"

namespace microtome::parametrizations {
namespace {

struct FftSettings {
  double decay = 1;
  double deviation = 0.01;
  std::string colour = "lucid";
  bool alpha = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "decay", .help = "Power of the frequency that scales it down", .min = 0, .max = 4}, s.decay);
    field({.name = "sd", .help = "Standard deviation of the start coefficients", .min = 0, .max = 100}, s.deviation);
    field({.name = "colour", .help = kColourHelp}, s.colour);
    field({.name = "alpha", .help = "true: with opacity; try the objective times (1 - alpha)"}, s.alpha);
  }
};

class Fft : public Parametrization {
 public:
  Fft(FftSettings settings, const Canvas& canvas)
      : settings_(std::move(settings)),
        canvas_(canvas),
        colour_(settings_.colour, canvas.channels),
        spectrum_(canvas.height, canvas.width, settings_.decay) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    const double deviation = settings_.deviation * contrast;
    std::vector<at::Tensor> leaves = {normal_leaf(shape(canvas_.channels), deviation, seed, "fft", keys)};
    if (settings_.alpha) leaves.push_back(normal_leaf(shape(1), deviation, seed, "fft alpha", keys));
    return leaves;
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    return colour_.picture(spectrum_.channels(parameters[0]));
  }

  at::Tensor alpha(std::span<const at::Tensor> parameters) const override {
    return settings_.alpha ? at::sigmoid(spectrum_.channels(parameters[1])) : at::Tensor();
  }

  // Half opaque, where there is opacity.
  std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const override {
    std::vector<at::Tensor> leaves = {spectrum_.coefficients(colour_.decorrelated(picture)).requires_grad_()};
    if (settings_.alpha) {
      std::vector<int64_t> sizes = shape(1);
      sizes.insert(sizes.begin(), picture.size(0));
      leaves.push_back(at::zeros(sizes, picture.options()).requires_grad_());
    }
    return leaves;
  }

  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas& from) const override {
    const Spectrum smaller(from.height, from.width, settings_.decay);
    std::vector<at::Tensor> out;
    for (const at::Tensor& parameter : parameters) out.push_back(spectrum_.grown(parameter, smaller));
    return out;
  }

  std::vector<std::string> files() const override { return colour_.files(); }
  std::string to_string() const override { return call_text("fft", settings_); }

 private:
  std::vector<int64_t> shape(int64_t channels) const {
    std::vector<int64_t> sizes = spectrum_.shape();
    sizes.insert(sizes.begin(), channels);
    return sizes;
  }

  FftSettings settings_;
  Canvas canvas_;
  Colour colour_;
  Spectrum spectrum_;
};

std::unique_ptr<Parametrization> make_fft(const Call& call, const Canvas& canvas) {
  return std::make_unique<Fft>(read_settings<FftSettings>(call), canvas);
}

}  // namespace

extern const ParametrizationKind fft;
const ParametrizationKind fft = {"fft",
                                 "The picture's spectrum, all frequencies with equal weight; with opacity if asked for",
                                 default_fields<FftSettings>, make_fft};

}  // namespace microtome::parametrizations
