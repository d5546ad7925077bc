// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/parametrization.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/visualize/adam.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::noise;
using testing::start_of;

// A picture with edges, colours and fine structure.
at::Tensor photograph(int64_t channels, int64_t side) {
  const at::Tensor x = at::linspace(-1, 1, side).view({1, -1}), y = at::linspace(-1, 1, side).view({-1, 1});
  const at::Tensor disc = ((x * x + y * y) < 0.4).to(at::kFloat);
  const at::Tensor stripes = 0.5 + 0.3 * at::sin(25 * x + 9 * y * y);
  std::vector<at::Tensor> planes;
  for (int64_t c = 0; c < channels; ++c) {
    const double tint = 0.2 + 0.3 * static_cast<double>(c);
    planes.push_back((disc * tint + (1 - disc) * stripes * (1 - 0.2 * static_cast<double>(c))).clamp(0.05, 0.95));
  }
  return at::stack(planes).unsqueeze(0);
}

double psnr_after(const Parametrization& parametrization, const at::Tensor& wanted, int steps) {
  std::vector<at::Tensor> parameters = start_of(parametrization, 0, 0, 1);
  Adam adam(0.05);
  for (int step = 0; step < steps; ++step) {
    const at::Tensor score = -(parametrization.image(parameters) - wanted).square().mean();
    adam.ascend(parameters, torch::autograd::grad({score}, parameters));
  }
  return -10 * std::log10((parametrization.image(parameters) - wanted).square().mean().item<double>());
}

TEST(Parametrization, EveryKindFitsAPicture) {
  for (const ParametrizationKind* kind : parametrizations::kinds()) {
    for (const int64_t channels : {1, 3}) {
      for (const int64_t side : {48, 45}) {  // even and odd
        const auto parametrization = parse_parametrization(kind->name, {1, channels, side, side});
        EXPECT_GT(psnr_after(*parametrization, photograph(channels, side), 400), 30)
            << kind->name << " " << channels << " " << side;
      }
    }
  }
}

TEST(Parametrization, GradientsAgreeWithFiniteDifferences) {
  for (const ParametrizationKind* kind : parametrizations::kinds()) {
    const auto parametrization = parse_parametrization(kind->name, {1, 3, 9, 9});
    const at::Tensor start = start_of(*parametrization, 1, 2, 30)[0].detach().to(at::kDouble);
    const at::Tensor weights = noise({1, 3, 9, 9}, 5).to(at::kDouble);
    const auto score = [&](const at::Tensor& p) {
      return (parametrization->image(std::vector<at::Tensor>{p}) * weights).sum();
    };
    const at::Tensor leaf = start.clone().requires_grad_();
    const at::Tensor gradient = torch::autograd::grad({score(leaf)}, {leaf})[0].contiguous();
    for (int64_t i = 0; i < start.numel(); i += 7) {
      const double h = 1e-5;
      at::Tensor up = start.clone(), down = start.clone();
      up.view({-1})[i] += h;
      down.view({-1})[i] -= h;
      const double slope = (score(up) - score(down)).item<double>() / (2 * h);
      EXPECT_NEAR(gradient.view({-1})[i].item<double>(), slope, 1e-7) << kind->name << " " << i;
    }
  }
}

// Standard deviation of a channel before the logistic function, from the constants alone: the variances of all
// coefficients add up, four times for those that stand for two frequencies.
double expected_deviation(int64_t side) {
  const double n = static_cast<double>(side);
  double sum = 0;
  for (int64_t row = 0; row < side; ++row) {
    const double fy = static_cast<double>(std::min(row, side - row)) / n;
    for (int64_t column = 0; column <= side / 2; ++column) {
      const double f = std::max(std::hypot(fy, static_cast<double>(column) / n), 1 / n);
      sum += (column == 0 || column == side / 2 ? 1 : 4) * (n / f) * (n / f);
    }
  }
  return 0.01 / 4 * std::sqrt(sum) / (n * n);
}

TEST(Parametrization, StartsWithLucidsContrast) {
  const std::vector<std::pair<int64_t, double>> expected = {{64, 0.0180}, {128, 0.0195}, {224, 0.0206}};
  for (const auto& [side, deviation] : expected) {
    const auto fft = parse_parametrization("fft", {1, 1, side, side});
    double square = 0;
    EXPECT_NEAR(expected_deviation(side), deviation, 0.05 * deviation);  // as published to two digits
    const int pictures = 24;  // the lowest frequencies hold much of the variance, so one picture says little
    for (uint64_t key = 0; key < pictures; ++key) {
      square += at::logit(fft->image(start_of(*fft, 7, key, 1))).square().mean().item<double>();
    }
    EXPECT_NEAR(std::sqrt(square / pictures), expected_deviation(side), 0.08 * deviation) << side;
  }
}

TEST(Parametrization, StartDependsOnSeedAndKeyAlone) {
  const auto fft = parse_parametrization("fft", {1, 3, 32, 32});
  EXPECT_TRUE(at::equal(start_of(*fft, 1, 2, 1)[0], start_of(*fft, 1, 2, 1)[0]));
  EXPECT_FALSE(at::equal(start_of(*fft, 1, 2, 1)[0], start_of(*fft, 1, 3, 1)[0]));
  EXPECT_FALSE(at::equal(start_of(*fft, 1, 2, 1)[0], start_of(*fft, 2, 2, 1)[0]));
  EXPECT_TRUE(at::allclose(start_of(*fft, 1, 2, 10)[0], start_of(*fft, 1, 2, 1)[0] * 10));
}

TEST(Parametrization, ColoursComeFromTheCovarianceOfPictures) {
  const at::Tensor unit = at::eye(3).view({1, 3, 3, 1});  // one pixel a column
  const at::Tensor logits = at::logit(to_colour(unit.contiguous())).view({3, 3});
  const at::Tensor expected =
      torch::tensor({0.562829, 0.194825, 0.043295, 0.584476, 0.0, -0.108236, 0.584476, -0.194825, 0.064942})
          .view({3, 3})
          .to(at::kFloat);
  EXPECT_TRUE(at::allclose(logits, expected, 0, 2e-5));
}

TEST(Parametrization, SameTextSameParametrization) {
  EXPECT_EQ(parse_parametrization("fft( decay = 1.5 )", {1, 3, 8, 8})->to_string(), "fft(decay=1.5)");
  EXPECT_EQ(parse_parametrization("fft(decay=1)", {1, 3, 8, 8})->to_string(), "fft");
  EXPECT_THROW(parse_parametrization("ftt", {1, 3, 8, 8}), Error);
  EXPECT_THROW(parse_parametrization("fft(decay=1) x", {1, 3, 8, 8}), Error);
}

TEST(Adam, DoesNotDependOnTheObjectivesScale) {
  const auto climb = [](float scale) {
    std::vector<at::Tensor> parameters = {at::zeros({50})};
    Adam adam(0.05);
    for (uint64_t step = 0; step < 40; ++step) {
      adam.ascend(parameters, std::vector<at::Tensor>{noise({50}, step) * scale});
    }
    return parameters[0];
  };
  EXPECT_TRUE(at::allclose(climb(1), climb(1e-25f), 1e-4, 1e-6));
}

TEST(Adam, TakesTheFirstStepAtFullRate) {
  std::vector<at::Tensor> parameters = {at::zeros({4})};
  Adam adam(0.05);
  adam.ascend(parameters, std::vector<at::Tensor>{at::zeros({4})});
  EXPECT_TRUE(at::equal(parameters[0], at::zeros({4})));
  adam.ascend(parameters, std::vector<at::Tensor>{torch::tensor({1.f, -2.f, 3.f, 0.f})});
  EXPECT_TRUE(at::allclose(parameters[0], torch::tensor({0.05f, -0.05f, 0.05f, 0.f}), 1e-5, 0));
}

TEST(Adam, RefusesWhatIsNotANumber) {
  std::vector<at::Tensor> parameters = {at::zeros({2})};
  Adam adam(0.05);
  EXPECT_THROW(adam.ascend(parameters, std::vector<at::Tensor>{torch::tensor({1.f, NAN})}), Error);
  EXPECT_TRUE(at::equal(parameters[0], at::zeros({2})));
}

}  // namespace
}  // namespace microtome
