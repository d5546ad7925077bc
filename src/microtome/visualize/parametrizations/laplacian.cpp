// SPDX-License-Identifier: Apache-2.0
// A pyramid (Lucid's "laplacian pyramid"): the sum of four pictures of 1, 1/2, 1/4 and 1/8 of the sides (rounded up),
// enlarged bilinearly; each value ~ N(0, 0.01^2) to begin with.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>

#include "microtome/visualize/colour.h"
#include "microtome/visualize/parametrization.h"

namespace microtome::parametrizations {
namespace {

constexpr std::array<int64_t, 4> kDivisors = {1, 2, 4, 8};

struct LaplacianSettings {
  double deviation = 0.01;
  std::string colour = "lucid";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "sd", .help = "Standard deviation of the start values of each level", .min = 0, .max = 100},
          s.deviation);
    field({.name = "colour", .help = kColourHelp}, s.colour);
  }
};

class Laplacian : public Parametrization {
 public:
  Laplacian(LaplacianSettings settings, const Canvas& canvas)
      : settings_(std::move(settings)), canvas_(canvas), colour_(settings_.colour, canvas.channels) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    std::vector<at::Tensor> levels;
    for (const int64_t divisor : kDivisors) {
      levels.push_back(normal_leaf({canvas_.channels, part(canvas_.height, divisor), part(canvas_.width, divisor)},
                                   settings_.deviation * contrast, seed, fmt::format("laplacian {}", divisor), keys));
    }
    return levels;
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    at::Tensor sum = parameters[0];
    for (const at::Tensor& level : parameters.subspan(1)) {
      sum = sum + at::upsample_bilinear2d(level, {canvas_.height, canvas_.width}, false);
    }
    return colour_.picture(sum);
  }

  // All of it in the finest level: the picture is linear in the levels, so where it lies moves nothing.
  std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const override {
    std::vector<at::Tensor> levels = {colour_.decorrelated(picture).requires_grad_()};
    for (const int64_t divisor : std::span(kDivisors).subspan(1)) {
      levels.push_back(
          at::zeros({picture.size(0), canvas_.channels, part(canvas_.height, divisor), part(canvas_.width, divisor)},
                    picture.options())
              .requires_grad_());
    }
    return levels;
  }

  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas&) const override {
    std::vector<at::Tensor> levels;
    for (size_t i = 0; i < kDivisors.size(); ++i) {
      levels.push_back(at::upsample_bicubic2d(
          parameters[i], {part(canvas_.height, kDivisors[i]), part(canvas_.width, kDivisors[i])}, false));
    }
    return levels;
  }

  std::vector<std::string> files() const override { return colour_.files(); }
  std::string to_string() const override { return call_text("laplacian", settings_); }

 private:
  static int64_t part(int64_t side, int64_t divisor) { return (side + divisor - 1) / divisor; }

  LaplacianSettings settings_;
  Canvas canvas_;
  Colour colour_;
};

std::unique_ptr<Parametrization> make_laplacian(const Call& call, const Canvas& canvas) {
  return std::make_unique<Laplacian>(read_settings<LaplacianSettings>(call), canvas);
}

}  // namespace

extern const ParametrizationKind laplacian;
const ParametrizationKind laplacian = {"laplacian", "A pyramid: the sum of pictures of four sizes",
                                       default_fields<LaplacianSettings>, make_laplacian};

}  // namespace microtome::parametrizations
