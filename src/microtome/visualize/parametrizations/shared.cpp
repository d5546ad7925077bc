// SPDX-License-Identifier: Apache-2.0
// Pictures that stay aligned (Lucid's "lowres tensors"): a spectrum of each picture's own, plus coarse pictures that
// all share. These are enlarged bilinearly; where there are two of one size, the first picture has the first, the last
// the second and those between a mixture in proportion.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "microtome/visualize/colour.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/spectrum.h"

namespace microtome::parametrizations {
namespace {

struct Coarse {
  int64_t pictures, divisor;  // of the canvas' sides
};
constexpr std::array<Coarse, 6> kCoarse = {{{1, 2}, {1, 4}, {1, 8}, {2, 8}, {1, 16}, {2, 16}}};

struct SharedSettings {
  double decay = 1;
  double deviation = 0.01;
  std::string colour = "lucid";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "decay", .help = "Power of the frequency that scales it down", .min = 0, .max = 4}, s.decay);
    field({.name = "sd", .help = "Standard deviation of the start coefficients and values", .min = 0, .max = 100},
          s.deviation);
    field({.name = "colour", .help = kColourHelp}, s.colour);
  }
};

class Shared : public Parametrization {
 public:
  Shared(SharedSettings settings, const Canvas& canvas)
      : settings_(std::move(settings)),
        canvas_(canvas),
        colour_(settings_.colour, canvas.channels),
        spectrum_(canvas.height, canvas.width, settings_.decay) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    const double deviation = settings_.deviation * contrast;
    std::vector<int64_t> sizes = spectrum_.shape();
    sizes.insert(sizes.begin(), canvas_.channels);
    std::vector<at::Tensor> leaves = {normal_leaf(sizes, deviation, seed, "shared: own", keys)};
    for (const Coarse& coarse : kCoarse) {
      const std::string purpose = fmt::format("shared: {} of 1/{}", coarse.pictures, coarse.divisor);
      leaves.push_back(normal_leaf(shape(coarse), deviation, seed, purpose, keys.first(1)));
    }
    return leaves;
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    at::Tensor sum = spectrum_.channels(parameters[0]);
    for (const at::Tensor& coarse : parameters.subspan(1)) {
      sum = sum + between(at::upsample_bilinear2d(coarse[0], {canvas_.height, canvas_.width}, false), sum.size(0));
    }
    return colour_.picture(sum);
  }

  // All of it in the pictures' own part.
  std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const override {
    std::vector<at::Tensor> leaves = {spectrum_.coefficients(colour_.decorrelated(picture)).requires_grad_()};
    for (const Coarse& coarse : kCoarse) {
      std::vector<int64_t> sizes = shape(coarse);
      sizes.insert(sizes.begin(), 1);
      leaves.push_back(at::zeros(sizes, picture.options()).requires_grad_());
    }
    return leaves;
  }

  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas& from) const override {
    std::vector<at::Tensor> out = {spectrum_.grown(parameters[0], Spectrum(from.height, from.width, settings_.decay))};
    for (size_t i = 0; i < kCoarse.size(); ++i) {
      const std::vector<int64_t> sizes = shape(kCoarse[i]);
      out.push_back(at::upsample_bicubic2d(parameters[i + 1][0], {sizes[2], sizes[3]}, false).unsqueeze(0));
    }
    return out;
  }

  std::vector<std::string> files() const override { return colour_.files(); }
  std::string to_string() const override { return call_text("shared", settings_); }

 private:
  std::vector<int64_t> shape(const Coarse& coarse) const {
    return {coarse.pictures, canvas_.channels, std::max<int64_t>(1, canvas_.height / coarse.divisor),
            std::max<int64_t>(1, canvas_.width / coarse.divisor)};
  }

  // One or two pictures to `count`, linearly from the first to the last.
  static at::Tensor between(const at::Tensor& ends, int64_t count) {
    if (ends.size(0) == 1) return ends;
    const at::Tensor weight = at::linspace(0, 1, count, ends.options()).view({-1, 1, 1, 1});
    return ends[0] * (1 - weight) + ends[1] * weight;
  }

  SharedSettings settings_;
  Canvas canvas_;
  Colour colour_;
  Spectrum spectrum_;
};

std::unique_ptr<Parametrization> make_shared(const Call& call, const Canvas& canvas) {
  return std::make_unique<Shared>(read_settings<SharedSettings>(call), canvas);
}

}  // namespace

extern const ParametrizationKind shared;
const ParametrizationKind shared = {"shared", "Spectra plus coarse pictures that all pictures made together share",
                                    default_fields<SharedSettings>, make_shared};

}  // namespace microtome::parametrizations
