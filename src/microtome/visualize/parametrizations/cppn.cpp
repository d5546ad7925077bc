// SPDX-License-Identifier: Apache-2.0
// A small network that paints: the colour of a pixel is a function of its place (Lucid's "cppn"; compositional pattern
// producing networks, Stanley 2007). Eight layers of 24 units without bias, each followed by atan(x) / 0.67 and
// atan(x)^2 / 0.6 side by side; weights ~ N(0, 1 / inputs).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/visualize/parametrization.h"

namespace microtome::parametrizations {
namespace {

constexpr int kLayers = 8;
constexpr int64_t kHidden = 24;
constexpr double kOddSpread = 0.67, kEvenSpread = 0.6;  // make both activations' deviation about 1

struct CppnSettings {
  double deviation = 0.002;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "sd",
           .help = "Standard deviation of the last weights at the start; Lucid's 0 starts from flat grey",
           .min = 0,
           .max = 100},
          s.deviation);
  }
};

class Cppn : public Parametrization {
 public:
  Cppn(CppnSettings settings, const Canvas& canvas) : settings_(settings), canvas_(canvas), places_(places(canvas)) {}

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const override {
    std::vector<at::Tensor> weights;
    int64_t inputs = 2;
    for (int layer = 0; layer < kLayers; ++layer) {
      const double deviation = 1 / std::sqrt(static_cast<double>(inputs));
      weights.push_back(normal_leaf({kHidden, inputs}, deviation, seed, fmt::format("cppn {}", layer), keys));
      inputs = 2 * kHidden;
    }
    weights.push_back(normal_leaf({canvas_.channels, inputs}, settings_.deviation * contrast, seed, "cppn last", keys));
    return weights;
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override {
    const int64_t count = parameters[0].size(0);
    at::Tensor x = places_.to(parameters[0].scalar_type()).expand({count, -1, -1});
    for (const at::Tensor& weights : parameters.first(kLayers)) {
      const at::Tensor odd = at::atan(at::bmm(weights, x));
      x = at::cat({odd / kOddSpread, odd.square() / kEvenSpread}, 1);
    }
    return at::sigmoid(at::bmm(parameters[kLayers], x)).view({count, canvas_.channels, canvas_.height, canvas_.width});
  }

  // The same painting, looked at more closely.
  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas&) const override {
    return std::vector<at::Tensor>(parameters.begin(), parameters.end());
  }

  double lr() const override { return 0.005; }
  std::string to_string() const override { return call_text("cppn", settings_); }

 private:
  // x and y of every pixel, [1,2,H*W]: -sqrt(3) to sqrt(3) along the longer side, so that their deviation is 1.
  static at::Tensor places(const Canvas& canvas) {
    const auto longer = static_cast<double>(std::max<int64_t>({canvas.height, canvas.width, 2}) - 1);
    const auto along = [&](int64_t side) {
      return (at::arange(side, at::kDouble) * 2 - static_cast<double>(side - 1)) * (std::sqrt(3.0) / longer);
    };
    const at::Tensor x = along(canvas.width).view({1, -1}).expand({canvas.height, -1});
    const at::Tensor y = along(canvas.height).view({-1, 1}).expand({-1, canvas.width});
    return at::stack({x.flatten(), y.flatten()}).unsqueeze(0);
  }

  CppnSettings settings_;
  Canvas canvas_;
  at::Tensor places_;
};

std::unique_ptr<Parametrization> make_cppn(const Call& call, const Canvas& canvas) {
  return std::make_unique<Cppn>(read_settings<CppnSettings>(call), canvas);
}

}  // namespace

extern const ParametrizationKind cppn;
const ParametrizationKind cppn = {"cppn", "A small network that paints each pixel from its place: smooth at any size",
                                  default_fields<CppnSettings>, make_cppn};

}  // namespace microtome::parametrizations
