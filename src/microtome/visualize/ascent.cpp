// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/ascent.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/visualize/adam.h"
#include "microtome/visualize/resample.h"

namespace microtome {
namespace {

constexpr int kRedirectedInARow = 16;
constexpr double kRestartContrast = 10;
constexpr int kHeldOut = 16;

bool all_zero(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const float* values = dense.data_ptr<float>();
  return std::all_of(values, values + dense.numel(), [](float value) { return value == 0; });
}

// Score of one input, and its gradient there.
struct Slope {
  double score;
  at::Tensor gradient;
};

Slope slope_at(const Executor& executor, const Objective& objective, const at::Tensor& input) {
  const std::unique_ptr<Tape> tape = executor.record(input);
  Taps taps;
  std::vector<at::Tensor> leaves;
  for (size_t i = 0; i < executor.taps().size(); ++i) {
    leaves.push_back(tape->taps()[i].detach().requires_grad_());
    taps[executor.taps()[i]] = leaves.back();
  }
  const at::Tensor score = objective.score(taps);
  const auto gradients = torch::autograd::grad({score}, leaves, {}, {}, false, /*allow_unused=*/true);
  return {score.item<double>(), tape->pull_back(gradients)};
}

// One ascent from one start.
class Climb {
 public:
  Climb(const Ascent& ascent, double contrast)
      : ascent_(ascent),
        parameters_(ascent.parametrization.start(ascent.seed, ascent.key, contrast)),
        adam_(ascent.lr),
        start_(to_image(image())) {}

  // False when it gives up: no gradient in a row of redirected steps and none before.
  bool run(Picture& picture) {
    picture.curve.clear();
    for (int64_t step = 0; step < ascent_.steps; ++step) {
      throw_if_stopped();
      picture.curve.push_back(static_cast<float>(update(step, picture)));
      if (!alive_ && dead_in_a_row_ > kRedirectedInARow) return false;
    }
    picture.image = to_image(image());
    return alive_;
  }

  const Image& start() const { return start_; }

 private:
  at::Tensor image() const {
    const at::NoGradGuard no_gradients;
    return ascent_.parametrization.image(parameters_);
  }

  double update(int64_t step, Picture& picture) {
    const Placement placement =
        ascent_.transforms.draw(Rng(ascent_.seed, "transform", ascent_.key, static_cast<uint64_t>(step)));
    const at::Tensor seen =
        normalize(resample(ascent_.parametrization.image(parameters_), placement, ascent_.window[0], ascent_.window[1]),
                  ascent_.preprocessing);
    const at::Tensor input = seen.detach();
    Slope slope = slope_at(ascent_.executor, ascent_.objective, input);
    if (all_zero(slope.gradient)) {
      if (++dead_in_a_row_ <= kRedirectedInARow) {
        slope.gradient = slope_at(ascent_.redirected(), ascent_.objective, input).gradient;
        ++picture.redirected_steps;
      }
    } else {
      alive_ = true;
      dead_in_a_row_ = 0;
    }
    adam_.ascend(parameters_, torch::autograd::grad({seen}, parameters_, {slope.gradient}));
    return slope.score;
  }

  const Ascent& ascent_;
  std::vector<at::Tensor> parameters_;
  Adam adam_;
  Image start_;
  bool alive_ = false;
  int dead_in_a_row_ = 0;
};

double activation(const Ascent& ascent, const Target& target, const at::Tensor& picture, const Placement& placement) {
  const at::Tensor input =
      normalize(resample(picture, placement, ascent.window[0], ascent.window[1]), ascent.preprocessing);
  const std::vector<at::Tensor> taps = ascent.executor.run(input);
  const auto& names = ascent.executor.taps();
  const auto index = static_cast<size_t>(std::ranges::find(names, target.layer) - names.begin());
  return (taps[index].select(1, target.unit) * target.sign).max().item<double>();
}

}  // namespace

Picture ascend(const Ascent& ascent) {
  const at::AutoGradMode gradients(true);
  Picture picture;
  Climb first(ascent, 1);
  picture.started = first.run(picture);
  if (!picture.started) {
    Climb second(ascent, kRestartContrast);
    picture.started = second.run(picture);
  }
  if (!picture.started) picture.image = first.start();
  picture.activation = held_out_activation(ascent, picture.image);
  picture.plain_activation = plain_activation(ascent, picture.image);
  return picture;
}

double held_out_activation(const Ascent& ascent, const Image& picture) {
  if (ascent.transforms.empty()) return plain_activation(ascent, picture);
  const std::optional<Target> target = ascent.objective.target();
  if (!target) return std::numeric_limits<double>::quiet_NaN();
  const at::NoGradGuard no_gradients;
  const at::Tensor values = from_image(picture);
  double sum = 0;
  for (uint64_t i = 0; i < kHeldOut; ++i) {
    sum += activation(ascent, *target, values, ascent.transforms.draw(Rng(ascent.seed, "held-out", ascent.key, i)));
  }
  return sum / kHeldOut;
}

double plain_activation(const Ascent& ascent, const Image& picture) {
  const std::optional<Target> target = ascent.objective.target();
  if (!target) return std::numeric_limits<double>::quiet_NaN();
  const at::NoGradGuard no_gradients;
  return activation(ascent, *target, from_image(picture), Placement{});
}

Image to_image(const at::Tensor& picture) {
  const at::Tensor rounded = (picture[0].to(at::kFloat) * 255).round().clamp(0, 255).to(at::kByte);
  const at::Tensor interleaved = rounded.permute({1, 2, 0}).contiguous();
  Image image(static_cast<int>(interleaved.size(1)), static_cast<int>(interleaved.size(0)),
              static_cast<int>(interleaved.size(2)));
  std::copy_n(interleaved.data_ptr<uint8_t>(), image.pixels.size(), image.pixels.begin());
  return image;
}

at::Tensor from_image(const Image& image) {
  const at::Tensor values = torch::tensor(at::ArrayRef<uint8_t>(image.pixels), at::kByte).to(at::kFloat) / 255;
  return values.view({1, image.height, image.width, image.channels}).permute({0, 3, 1, 2}).contiguous();
}

}  // namespace microtome
