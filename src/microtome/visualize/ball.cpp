// SPDX-License-Identifier: Apache-2.0
// Projected gradients (Madry et al. 2018): pictures that stay near one.
#include "microtome/visualize/ball.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"

namespace microtome {
namespace {

constexpr double kStepOfEps = 0.25;

class Ball : public Parametrization {
 public:
  Ball(at::Tensor centre, BallSettings settings) : settings_(std::move(settings)), centre_(std::move(centre)) {
    if (settings_.norm != "linf" && settings_.norm != "l2") {
      throw Error(ErrorKind::kUsage, "norm", fmt::format("there is no \"{}\"", settings_.norm), "linf or l2");
    }
  }

  std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double) const override {
    std::vector<at::Tensor> pictures;
    for (const uint64_t key : keys) pictures.push_back(settings_.random ? displaced(seed, key) : centre_);
    std::vector<at::Tensor> parameters = {at::cat(pictures).clone()};
    constrain(parameters);
    parameters[0].requires_grad_();
    return parameters;
  }

  at::Tensor image(std::span<const at::Tensor> parameters) const override { return parameters[0]; }

  std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const override {
    std::vector<at::Tensor> parameters = {picture.detach().clone()};
    constrain(parameters);
    parameters[0].requires_grad_();
    return parameters;
  }

  std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas&) const override {
    const at::IntArrayRef side = centre_.sizes().slice(2);
    std::vector<at::Tensor> out = {at::upsample_bicubic2d(parameters[0], side, false)};
    constrain(out);
    return out;
  }

  std::unique_ptr<StepRule> step_rule(double lr) const override {
    if (settings_.norm == "linf") return std::make_unique<SignStep>(lr);
    return std::make_unique<UnitStep>(lr);
  }

  void constrain(std::span<at::Tensor> parameters) const override {
    const at::NoGradGuard no_gradients;
    at::Tensor& x = parameters[0];
    at::Tensor away = x - centre_;
    if (settings_.norm == "linf") {
      away.clamp_(-settings_.eps, settings_.eps);
    } else {
      const at::Tensor length = away.flatten(1).to(at::kDouble).norm(2, {1}).view({-1, 1, 1, 1});
      away = away * at::where(length > settings_.eps, settings_.eps / length, at::ones_like(length)).to(at::kFloat);
    }
    x.copy_((centre_ + away).clamp_(0, 1));
  }

  double lr() const override { return kStepOfEps * settings_.eps; }
  std::string to_string() const override { return call_text("ball", settings_); }

 private:
  at::Tensor displaced(uint64_t seed, uint64_t key) const {
    Rng rng(seed, "ball", key);
    at::Tensor away = at::empty(centre_.sizes(), at::kFloat);
    float* values = away.data_ptr<float>();
    const bool box = settings_.norm == "linf";
    for (int64_t i = 0; i < away.numel(); ++i) {
      values[i] = static_cast<float>(box ? rng.uniform(-settings_.eps, settings_.eps) : rng.normal());
    }
    if (!box) away *= rng.uniform(0, settings_.eps) / away.norm().item<double>();
    return centre_ + away;
  }

  const BallSettings settings_;
  const at::Tensor centre_;
};

}  // namespace

std::unique_ptr<Parametrization> make_ball(at::Tensor centre, BallSettings settings) {
  return std::make_unique<Ball>(std::move(centre), std::move(settings));
}

}  // namespace microtome
