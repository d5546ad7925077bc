// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/parametrization.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <tuple>

#include "microtome/base/error.h"
#include "microtome/visualize/adam.h"
#include "microtome/visualize/colour.h"
#include "microtome/visualize/magnitudes.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::noise;
using testing::npy_file;
using testing::start_of;

// A picture with edges, colours and fine structure.
at::Tensor photograph(int64_t channels, int64_t height, int64_t width) {
  const at::Tensor x = at::linspace(-1, 1, width).view({1, -1}), y = at::linspace(-1, 1, height).view({-1, 1});
  const at::Tensor disc = ((x * x + y * y) < 0.4).to(at::kFloat);
  const at::Tensor stripes = 0.5 + 0.3 * at::sin(25 * x + 9 * y * y);
  std::vector<at::Tensor> planes;
  for (int64_t c = 0; c < channels; ++c) {
    const double tint = 0.2 + 0.3 * static_cast<double>(c);
    planes.push_back((disc * tint + (1 - disc) * stripes * (1 - 0.2 * static_cast<double>(c))).clamp(0.05, 0.95));
  }
  return at::stack(planes).unsqueeze(0);
}

double psnr(const at::Tensor& a, const at::Tensor& b) {
  return -10 * std::log10((a - b).square().mean().item<double>());
}

double psnr_after(const Parametrization& parametrization, const at::Tensor& wanted, int steps) {
  std::vector<at::Tensor> parameters = start_of(parametrization, 0, 0, 1);
  Adam adam(parametrization.lr());
  for (int step = 0; step < steps; ++step) {
    const at::Tensor score = -(parametrization.image(parameters) - wanted).square().mean();
    adam.ascend(parameters, torch::autograd::grad({score}, parameters));
  }
  return psnr(parametrization.image(parameters), wanted);
}

// Every kind as it is, and forms of it that compute otherwise.
std::vector<std::string> texts() {
  std::vector<std::string> all;
  for (const ParametrizationKind* kind : parametrizations::kinds()) all.emplace_back(kind->name);
  all.emplace_back("fft(alpha=true)");
  all.emplace_back("fft(decay=1.5,colour=none)");
  return all;
}

// The photograph with the mean and the contrast that maco gives all its pictures, and maco with its magnitudes.
std::pair<std::string, at::Tensor> maco_for(const at::Tensor& photo) {
  const Colour colour("lucid", photo.size(1));
  at::Tensor channels = colour.decorrelated(photo);
  channels = channels - channels.mean();
  const at::Tensor picture = colour.picture(channels / channels.square().mean().sqrt());
  PictureStatistics statistics(photo.size(2), colour);
  statistics.add(picture);
  return {"maco(spectrum=" + npy_file(statistics.magnitudes(), "magnitudes") + ")", picture};
}

TEST(Parametrization, EveryKindFitsAPicture) {
  // What a smooth painting can reach is no more than the outlines; maco has the phases of one picture alone.
  const std::map<std::string, double> floors = {{"cppn", 15}};
  for (const ParametrizationKind* kind_of : parametrizations::kinds()) {
    const std::string kind(kind_of->name);
    for (const auto& [channels, side] : std::vector<std::pair<int64_t, int64_t>>{{1, 31}, {3, 32}}) {
      at::Tensor wanted = photograph(channels, side, side);
      std::string text = kind;
      if (kind == "maco") std::tie(text, wanted) = maco_for(wanted);
      const auto parametrization = parse_parametrization(text, {1, channels, side, side});
      const double reached = psnr_after(*parametrization, wanted, 250);
      const auto floor = floors.find(kind);
      EXPECT_GT(reached, floor == floors.end() ? 30 : floor->second) << kind << " " << channels << " " << side;
    }
  }
}

TEST(Parametrization, GradientsAgreeWithFiniteDifferences) {
  for (const std::string& text : texts()) {
    const auto parametrization = parse_parametrization(text, {2, 3, 9, 10});
    const at::Tensor weights = noise({2, 3, 9, 10}, 5).to(at::kDouble);
    const at::Tensor alpha_weights = noise({2, 1, 9, 10}, 6).to(at::kDouble);
    const auto score = [&](const std::vector<at::Tensor>& p) {
      const at::Tensor sum = (parametrization->image(p) * weights).sum(), alpha = parametrization->alpha(p);
      return alpha.defined() ? sum + (alpha * alpha_weights).sum() : sum;
    };
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& leaf : parametrization->start(1, std::vector<uint64_t>{2, 3}, 30)) {
      leaves.push_back(leaf.detach().to(at::kDouble).requires_grad_());
    }
    const std::vector<at::Tensor> gradients = torch::autograd::grad({score(leaves)}, leaves);
    for (size_t k = 0; k < leaves.size(); ++k) {
      ASSERT_EQ(gradients[k].scalar_type(), at::kDouble);
      const at::Tensor gradient = gradients[k].contiguous();
      for (int64_t i = 0; i < leaves[k].numel(); i += 1 + leaves[k].numel() / 40) {
        const double h = 1e-5;
        std::vector<at::Tensor> up = leaves, down = leaves;
        up[k] = leaves[k].detach().clone();
        down[k] = leaves[k].detach().clone();
        up[k].view({-1})[i] += h;
        down[k].view({-1})[i] -= h;
        const double slope = (score(up) - score(down)).item<double>() / (2 * h);
        EXPECT_NEAR(gradient.view({-1})[i].item<double>(), slope, 1e-6) << text << " leaf " << k << " " << i;
      }
    }
  }
}

TEST(Parametrization, PicturesOfAnyShapeAreFinite) {
  for (const std::string& text : texts()) {
    for (const Canvas& canvas : {Canvas{1, 3, 1, 7}, Canvas{2, 1, 5, 1}, Canvas{1, 3, 2, 2}, Canvas{3, 3, 17, 12}}) {
      const auto parametrization = parse_parametrization(text, canvas);
      const std::vector<uint64_t> keys = {4, 5, 6};
      const auto leaves = parametrization->start(1, std::span(keys).first(static_cast<size_t>(canvas.count)), 1);
      const at::Tensor picture = parametrization->image(leaves);
      ASSERT_EQ(picture.sizes().vec(),
                (std::vector<int64_t>{canvas.count, canvas.channels, canvas.height, canvas.width}))
          << text;
      EXPECT_TRUE(at::isfinite(picture).all().item<bool>()) << text;
      EXPECT_TRUE(((picture > 0) & (picture < 1)).all().item<bool>()) << text;
      const auto gradients = torch::autograd::grad({picture.square().sum()}, {leaves[0]});
      EXPECT_TRUE(at::isfinite(gradients[0]).all().item<bool>()) << text;
      const at::Tensor alpha = parametrization->alpha(leaves);
      if (alpha.defined()) {
        EXPECT_EQ(alpha.sizes().vec(), (std::vector<int64_t>{canvas.count, 1, canvas.height, canvas.width})) << text;
      }
    }
  }
}

// Pictures made together are those made alone; only "shared" has a part in common, which the first key decides.
TEST(Parametrization, EachPictureIsAFunctionOfItsKey) {
  for (const std::string& text : texts()) {
    const auto three = parse_parametrization(text, {3, 3, 12, 13}), one = parse_parametrization(text, {1, 3, 12, 13});
    const std::vector<uint64_t> keys = {7, 8, 9}, others = {7, 5, 9};
    const auto together = three->start(1, keys, 3), beside_another = three->start(1, others, 3);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto alone = one->start(1, std::span(&keys[i], 1), 3);
      ASSERT_EQ(alone.size(), together.size());
      EXPECT_TRUE(at::equal(alone[0][0], together[0][static_cast<int64_t>(i)])) << text;
      if (text == "shared") continue;
      const at::Tensor picture = three->image(together)[static_cast<int64_t>(i)];
      EXPECT_TRUE(at::allclose(one->image(alone)[0], picture, 1e-5, 1e-6)) << text;
    }
    for (size_t leaf = text == "shared" ? 1 : 0; leaf < together.size(); ++leaf) {
      EXPECT_TRUE(at::equal(together[leaf][0], beside_another[leaf][0])) << text;
    }
    EXPECT_FALSE(at::equal(three->image(together), three->image(three->start(2, keys, 3)))) << text;
  }
}

TEST(Parametrization, AlignedPicturesShareWhatIsCoarse) {
  const auto kind = parse_parametrization("shared(colour=none)", {3, 1, 32, 48});
  auto leaves = kind->start(1, std::vector<uint64_t>{1, 2, 3}, 1);
  EXPECT_EQ(leaves[4].sizes().vec(), (std::vector<int64_t>{1, 2, 1, 4, 6}));
  for (at::Tensor& leaf : leaves) leaf = at::zeros_like(leaf);
  leaves[4][0][0].fill_(1);
  leaves[4][0][1].fill_(3);
  leaves[1].fill_(0.5);
  const at::Tensor logits = at::logit(kind->image(leaves));
  for (int64_t i = 0; i < 3; ++i) {
    const at::Tensor level = at::full_like(logits[i], 1.5 + static_cast<double>(i));
    EXPECT_TRUE(at::allclose(logits[i], level, 1e-4, 0)) << i;
  }
}

TEST(Parametrization, StartsFromAPicture) {
  at::Tensor photo = at::cat({photograph(3, 17, 24), photograph(3, 17, 24).flip(1)});
  photo = (photo * 255).round() / 255;
  photo[0][0][0][0] = 0;
  photo[0][1][2][3] = 1;
  for (const std::string& text : texts()) {
    const auto kind = parse_parametrization(text, {2, 3, 17, 24});
    const auto leaves = kind->from_picture(photo);
    if (text == "cppn") {
      EXPECT_FALSE(leaves.has_value());
      continue;
    }
    ASSERT_TRUE(leaves.has_value()) << text;
    for (const at::Tensor& leaf : *leaves) EXPECT_TRUE(leaf.is_leaf() && leaf.requires_grad()) << text;
    const at::Tensor back = kind->image(*leaves);
    if (text == "maco") continue;  // see MacoTakesThePhases
    EXPECT_LT((back - photo).abs().max().item<double>(), 0.5 / 255) << text;
  }
}

// Rows of numbers and plain vectors are pictures of height 1.
TEST(Parametrization, RowsAndVectorsAreCanvases) {
  for (const std::string text : {"pixel", "fft", "fft(decay=0)"}) {
    for (const Canvas& canvas : {Canvas{2, 4, 1, 50}, Canvas{2, 4, 1, 51}, Canvas{2, 9, 1, 1}}) {
      const auto kind = parse_parametrization(text, canvas);
      const at::Tensor wanted = at::sigmoid(noise({2, canvas.channels, 1, canvas.width}, 3));
      EXPECT_TRUE(at::allclose(kind->image(*kind->from_picture(wanted)), wanted, 0, 1e-5)) << text;
      EXPECT_GT(
          psnr_after(*parse_parametrization(text, {1, canvas.channels, 1, canvas.width}), wanted.narrow(0, 0, 1), 250),
          30)
          << text << " " << canvas.width;
    }
    const auto kind = parse_parametrization(text, {1, 4, 1, 150});
    const at::Tensor row = at::sigmoid(at::cos(at::arange(50) * 0.5)).view({1, 1, 1, 50}).expand({1, 4, 1, 50});
    const auto grown = kind->grown(*parse_parametrization(text, {1, 4, 1, 50})->from_picture(row), {1, 4, 1, 50});
    EXPECT_TRUE(at::allclose(kind->image(grown).slice(3, 1, {}, 3), row, 0, 1e-5)) << text;
  }
}

TEST(Parametrization, MacoTakesThePhases) {
  const auto [text, picture] = maco_for(photograph(3, 21, 21));
  const auto kind = parse_parametrization(text, {1, 3, 21, 21});
  EXPECT_GT(psnr(kind->image(*kind->from_picture(picture)), picture), 60);
  // The magnitudes stay whatever the phases are.
  const Colour colour("lucid", 3);
  const auto spectrum = [&](const at::Tensor& shown) { return at::fft_rfft2(colour.decorrelated(shown)).abs(); };
  const at::Tensor wanted = spectrum(picture), found = spectrum(kind->image(start_of(*kind, 1, 1, 1)));
  const at::Tensor inner = at::ones({1, 3, 21, 11}, at::kBool);
  inner.select(3, 0).fill_(false);  // where one half of the plane is the other's mirror
  const at::Tensor ratio = (found / wanted).masked_select(inner);
  EXPECT_LT((ratio / ratio.mean() - 1).abs().max().item<double>(), 0.02);
}

// A growing spectrum is the same sum of waves, at the centres of the new pixels.
TEST(Parametrization, SpectraGrowToTheSameWaves) {
  const auto waves = [](int64_t height, int64_t width) {
    const double turn = 2 * std::numbers::pi;
    const at::Tensor y = (at::arange(height, at::kDouble) + 0.5).view({-1, 1}) / height * turn;
    const at::Tensor x = (at::arange(width, at::kDouble) + 0.5).view({1, -1}) / width * turn;
    const at::Tensor sum = at::cos(2 * y - x) + 0.5 * at::sin(3 * x + y) + 0.3 * at::cos(2 * y) + 0.2;
    return at::sigmoid(at::stack({sum, -sum, 0.5 * sum})).unsqueeze(0).to(at::kFloat);
  };
  for (const auto& [height, width, h, w] :
       std::vector<std::array<int64_t, 4>>{{16, 20, 8, 8}, {17, 9, 9, 8}, {8, 13, 8, 9}, {31, 30, 7, 30}}) {
    const Canvas from{1, 3, h, w};
    for (const std::string text : {"fft", "fft(decay=1.5,colour=none)", "shared"}) {
      const auto small = parse_parametrization(text, from);
      const auto large = parse_parametrization(text, {1, 3, height, width});
      const at::Tensor grown = large->image(large->grown(*small->from_picture(waves(h, w)), from));
      EXPECT_TRUE(at::allclose(grown, waves(height, width), 0, 1e-5)) << text << " " << height << " " << width;
    }
  }
}

// Whatever the small picture is, its pixels are pixels of one three times as large, the highest frequencies included.
TEST(Parametrization, GrownSpectraPassThroughTheSmallPicture) {
  for (const Canvas& from : {Canvas{2, 3, 8, 6}, Canvas{2, 3, 7, 8}, Canvas{2, 3, 6, 9}}) {
    const auto small = parse_parametrization("fft", from);
    const auto large = parse_parametrization("fft", {2, 3, 3 * from.height, 3 * from.width});
    const auto leaves = small->start(1, std::vector<uint64_t>{1, 2}, 40);
    const at::Tensor grown = large->image(large->grown(leaves, from));
    const at::Tensor picked = grown.slice(2, 1, {}, 3).slice(3, 1, {}, 3);
    EXPECT_TRUE(at::allclose(picked, small->image(leaves), 0, 1e-5));
  }
}

// Every kind: a smooth picture grows to nearly itself.
TEST(Parametrization, GrownPicturesLookTheSame) {
  const auto smooth = [](int64_t height, int64_t width) {
    const at::Tensor x = (at::arange(width, at::kFloat) + 0.5).view({1, -1}) / width * (2 * std::numbers::pi);
    const at::Tensor y = (at::arange(height, at::kFloat) + 0.5).view({-1, 1}) / height * (2 * std::numbers::pi);
    return at::stack({0.5 + 0.3 * at::sin(x + y), 0.4 + 0.2 * at::cos(x) + 0 * y, 0.5 + 0.2 * at::sin(y) + 0 * x})
        .unsqueeze(0);
  };
  const Canvas from{1, 3, 20, 24}, to{1, 3, 45, 50};
  for (const std::string& text : texts()) {
    const auto small = parse_parametrization(text, from), large = parse_parametrization(text, to);
    auto leaves = small->from_picture(smooth(20, 24));
    if (!leaves) leaves = start_of(*small, 1, 1, 100);
    const at::Tensor before = at::upsample_bicubic2d(small->image(*leaves), {45, 50}, false);
    const auto grown = large->grown(*leaves, from);
    const at::Tensor after = large->image(grown);
    const at::Tensor inner = (after - before).slice(2, 4, -4).slice(3, 4, -4);
    EXPECT_LT(inner.square().mean().sqrt().item<double>(), text == "maco" ? 0.15 : 0.02) << text;
    ASSERT_EQ(grown.size(), start_of(*large, 1, 1, 1).size());
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

TEST(Parametrization, SameTextSameParametrization) {
  EXPECT_EQ(parse_parametrization("fft( decay = 1.5 )", {1, 3, 8, 8})->to_string(), "fft(decay=1.5)");
  EXPECT_EQ(parse_parametrization("fft(decay=1)", {1, 3, 8, 8})->to_string(), "fft");
  EXPECT_EQ(parse_parametrization("fft(alpha=true)", {1, 3, 8, 8})->to_string(), "fft(alpha=true)");
  for (const std::string& text : texts()) {
    EXPECT_EQ(parse_parametrization(text, {1, 3, 8, 8})->to_string(), text);
  }
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
  adam.ascend(parameters, std::vector<at::Tensor>{at::tensor({1.f, -2.f, 3.f, 0.f})});
  EXPECT_TRUE(at::allclose(parameters[0], at::tensor({0.05f, -0.05f, 0.05f, 0.f}), 1e-5, 0));
}

TEST(Adam, RefusesWhatIsNotANumber) {
  std::vector<at::Tensor> parameters = {at::zeros({2})};
  Adam adam(0.05);
  EXPECT_THROW(adam.ascend(parameters, std::vector<at::Tensor>{at::tensor({1.f, NAN})}), Error);
  EXPECT_TRUE(at::equal(parameters[0], at::zeros({2})));
}

}  // namespace
}  // namespace microtome
