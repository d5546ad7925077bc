// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/ascent.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/visualize/dots.h"

namespace microtome {
namespace {

constexpr int kRedirectedInARow = 16;
constexpr double kRestartContrast = 10;
constexpr int64_t kPatienceParts = 10;  // the objective is averaged over patience / 10 steps
constexpr double kLeastRise = 1e-3;     // of the whole rise so far; less is no progress
constexpr std::string_view kBackground = "fft(sd=0.2,decay=1.5)";

bool all_zero(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const float* values = dense.data_ptr<float>();
  return std::all_of(values, values + dense.numel(), [](float value) { return value == 0; });
}

// Score of one input, and its gradients there and at the pictures.
struct Slope {
  double score = 0;
  at::Tensor input, picture, alpha;  // undefined = zero
};

Slope slope_at(const Executor* executor, const Prefix& prefix, const Objective& objective, const at::Tensor& input,
               const at::Tensor& picture, const at::Tensor& alpha) {
  std::unique_ptr<Tape> tape;
  std::vector<at::Tensor> leaves;
  if (executor) {
    tape = executor->record(input);
    for (const at::Tensor& tap : tape->taps()) leaves.push_back(tap.detach().requires_grad_());
  }
  View view = prefix.view(leaves);
  const size_t taps = leaves.size();
  if (objective.reads.picture) {
    leaves.push_back(picture.detach().requires_grad_());
    if (alpha.defined()) leaves.push_back(alpha.detach().requires_grad_());
    view.set_picture(leaves[taps], alpha.defined() ? leaves[taps + 1] : at::Tensor());
  }
  const at::Tensor score = objective.score(view);
  Slope slope{score.item<double>(), {}, {}, {}};
  if (!score.requires_grad()) return slope;
  std::vector<at::Tensor> gradients = torch::autograd::grad({score}, leaves, {}, {}, false, /*allow_unused=*/true);
  if (gradients.size() > taps) slope.picture = gradients[taps];
  if (gradients.size() > taps + 1) slope.alpha = gradients[taps + 1];
  gradients.resize(taps);
  if (tape) slope.input = tape->pull_back(gradients);
  return slope;
}

// Whether the objective has stopped rising.
class Plateau {
 public:
  // begin: the step that the curve is looked at from.
  Plateau(int64_t patience, int64_t begin)
      : patience_(patience), begin_(begin), window_(std::max<int64_t>(1, patience / kPatienceParts)) {}

  bool reached(const std::vector<float>& curve) {
    if (patience_ == 0 || std::ssize(curve) < begin_ + window_) return false;
    const double mean = std::accumulate(curve.end() - window_, curve.end(), 0.0) / static_cast<double>(window_);
    if (!std::isfinite(best_)) first_ = best_ = mean;
    if (mean > best_ + kLeastRise * (best_ - first_)) {
      best_ = mean;
      since_ = 0;
      return false;
    }
    return ++since_ >= patience_;
  }

 private:
  int64_t patience_, begin_, window_, since_ = 0;
  double first_ = 0, best_ = -std::numeric_limits<double>::infinity();  // means; of the first window, the best
};

// A picture [1,C,H,W] as it is stored: 8-bit, or its values with a drawing of them.
Picture stored(const at::Tensor& picture, const at::Tensor& alpha, InputForm form) {
  Picture out;
  if (form == InputForm::kPicture) {
    out.image = to_image(picture, alpha);
    return out;
  }
  const at::Tensor dense = picture.to(at::kFloat).contiguous();
  out.image = drawing(dense, form);
  out.values.assign(dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
  out.shape = {dense.size(1), dense.size(2), dense.size(3)};
  return out;
}

// What several pictures made together share.
struct Climbed {
  std::vector<float> curve;
  std::vector<std::pair<int64_t, std::vector<Picture>>> frames;
  std::vector<Picture> pictures;
  int64_t redirected_steps = 0;
  bool plateau = false;
};

// One ascent from one start.
class Climb {
 public:
  Climb(const Ascent& ascent, std::vector<at::Tensor> parameters, Climbed& out)
      : ascent_(ascent), out_(out), stage_(&ascent.stages[0]), parameters_(std::move(parameters)) {}

  // False when it gives up: no gradient in a row of redirected steps and none before.
  bool run() {
    for (const Stage& stage : ascent_.stages) {
      if (&stage != stage_) grow_to(stage);
      if (!run_stage(stage.steps)) return false;
    }
    keep_frame(step_);
    out_.pictures = pictures();
    return alive_;
  }

  // Whether the first step has a gradient of its own for each picture.
  bool lives() const {
    const Prefix& prefix = *stage_->prefix;
    const at::Tensor picture = stage_->parametrization->image(parameters_).detach();
    at::Tensor alpha = stage_->parametrization->alpha(parameters_);
    if (alpha.defined()) alpha = alpha.detach();
    const Slope slope =
        slope_at(&prefix.executor(), prefix, ascent_.objective, seen(picture, alpha).detach(), picture, alpha);
    return slope.input.defined() && !one_is_dead(slope.input);
  }

  // Image and values alone.
  std::vector<Picture> pictures() const {
    const at::NoGradGuard no_gradients;
    const at::Tensor picture = stage_->parametrization->image(parameters_);
    const at::Tensor alpha = stage_->parametrization->alpha(parameters_);
    std::vector<Picture> pictures;
    for (int64_t i = 0; i < picture.size(0); ++i) {
      pictures.push_back(
          stored(picture.narrow(0, i, 1), alpha.defined() ? alpha.narrow(0, i, 1) : alpha, ascent_.form));
    }
    return pictures;
  }

 private:
  bool run_stage(int64_t steps) {
    const double lr = ascent_.settings.lr > 0 ? ascent_.settings.lr : stage_->parametrization->lr();
    const std::unique_ptr<StepRule> rule = stage_->parametrization->step_rule(lr);
    Plateau plateau(ascent_.settings.patience, step_);
    for (const int64_t end = step_ + steps; step_ < end;) {
      throw_if_stopped();
      keep_frame(step_);
      out_.curve.push_back(static_cast<float>(update(*rule)));
      ++step_;
      if (!alive_ && dead_in_a_row_ > kRedirectedInARow) return false;
      if (!plateau.reached(out_.curve)) continue;
      out_.plateau = true;
      return true;
    }
    return true;
  }

  void grow_to(const Stage& stage) {
    const at::NoGradGuard no_gradients;
    const std::vector<at::Tensor> grown = stage.parametrization->grown(parameters_, stage_->canvas);
    parameters_.clear();
    for (const at::Tensor& parameter : grown) parameters_.push_back(parameter.detach().requires_grad_());
    stage_ = &stage;
  }

  void keep_frame(int64_t step) {
    if (std::ranges::find(ascent_.settings.frames, step) == ascent_.settings.frames.end()) return;
    if (out_.frames.empty() || out_.frames.back().first != step) out_.frames.emplace_back(step, pictures());
  }

  std::vector<Draw> draws() const {
    std::vector<Draw> all;
    for (const uint64_t key : ascent_.keys) {
      for (int64_t copy = 0; copy < ascent_.settings.copies; ++copy) {
        const uint64_t when = static_cast<uint64_t>(step_) | static_cast<uint64_t>(copy) << 32;
        const Rng rng(ascent_.settings.seed, "transform", key, when);
        all.push_back(ascent_.transforms.draw(rng, stage_->canvas.height, stage_->canvas.width));
      }
    }
    return all;
  }

  at::Tensor seen(const at::Tensor& picture, const at::Tensor& alpha) const {
    return network_input(picture, alpha, draws(), stage_->prefix->aperture(), ascent_.preprocessing,
                         Rng(ascent_.settings.seed, "background", ascent_.keys[0], static_cast<uint64_t>(step_)));
  }

  double update(StepRule& rule) {
    const at::Tensor picture = stage_->parametrization->image(parameters_);
    const at::Tensor alpha = stage_->parametrization->alpha(parameters_);
    const Prefix& prefix = *stage_->prefix;
    const bool network = !ascent_.objective.reads.layers.empty();
    const at::Tensor whole = network ? seen(picture, alpha) : at::Tensor();
    const at::Tensor input = network ? whole.detach() : whole;
    Slope slope = slope_at(network ? &prefix.executor() : nullptr, prefix, ascent_.objective, input, picture, alpha);
    if (network) revive(slope, input, picture, alpha);
    std::vector<at::Tensor> ends, gradients;
    const auto add = [&](const at::Tensor& end, const at::Tensor& gradient) {
      if (gradient.defined()) ends.push_back(end), gradients.push_back(gradient);
    };
    add(whole, slope.input);
    add(picture, slope.picture);
    add(alpha, slope.alpha);
    if (ends.empty()) return slope.score;
    std::vector<at::Tensor> ascents =
        torch::autograd::grad(ends, parameters_, gradients, {}, false, /*allow_unused=*/true);
    for (size_t i = 0; i < ascents.size(); ++i) {
      if (!ascents[i].defined()) ascents[i] = at::zeros_like(parameters_[i]);
    }
    rule.ascend(parameters_, ascents);
    stage_->parametrization->constrain(parameters_);
    return slope.score;
  }

  // Whether a picture has no gradient in any of its copies.
  bool one_is_dead(const at::Tensor& gradient) const {
    for (const at::Tensor& copies : gradient.chunk(stage_->canvas.count)) {
      if (all_zero(copies)) return true;
    }
    return false;
  }

  // Asks the redirected network where the plain one has no gradient; pictures that have one keep it there.
  void revive(Slope& slope, const at::Tensor& input, const at::Tensor& picture, const at::Tensor& alpha) {
    alive_ = alive_ || (slope.input.defined() && !all_zero(slope.input));
    if (slope.input.defined() && !one_is_dead(slope.input)) {
      dead_in_a_row_ = 0;
    } else if (++dead_in_a_row_ <= kRedirectedInARow) {
      const Prefix& prefix = *stage_->prefix;
      slope.input = slope_at(&prefix.redirected(), prefix, ascent_.objective, input, picture, alpha).input;
      ++out_.redirected_steps;
    }
  }

  const Ascent& ascent_;
  Climbed& out_;
  const Stage* stage_;
  std::vector<at::Tensor> parameters_;
  int64_t step_ = 0;
  bool alive_ = false;
  int dead_in_a_row_ = 0;
};

std::vector<at::Tensor> first_parameters(const Ascent& ascent) {
  const Stage& stage = ascent.stages.front();
  if (!ascent.start) return stage.parametrization->start(ascent.settings.seed, ascent.keys, 1);
  return stage.parametrization->from_picture(ascent.start->expand({stage.canvas.count, -1, -1, -1}).contiguous())
      .value();
}

// Starts again where noise of the usual contrast has no gradient; which of the dotted pictures helped, counted from 1.
// Nothing where none does.
std::optional<int64_t> start_again(const Ascent& ascent, Climbed& out) {
  const auto climb = [&](std::vector<at::Tensor> parameters) {
    out.curve.clear();
    out.frames.clear();
    return Climb(ascent, std::move(parameters), out).run();
  };
  const Parametrization& kind = *ascent.stages.front().parametrization;
  if (climb(kind.start(ascent.settings.seed, ascent.keys, kRestartContrast))) return 0;
  for (int which = 0; which < kDottedStarts; ++which) {
    throw_if_stopped();
    const auto parameters =
        kind.from_picture(dotted_pictures(ascent.stages.front().canvas, ascent.settings.seed, ascent.keys, which));
    if (!parameters) break;
    if (Climb(ascent, *parameters, out).lives() && climb(*parameters)) return which + 1;
  }
  return {};
}

}  // namespace

std::vector<Picture> ascend(const Ascent& ascent) {
  const at::AutoGradMode gradients(true);
  Climbed climbed;
  Climb first(ascent, first_parameters(ascent), climbed);
  const std::vector<Picture> begin = first.pictures();
  std::optional<int64_t> dots;
  if (first.run() || ascent.objective.reads.layers.empty()) dots = 0;
  if (!dots && !ascent.start) dots = start_again(ascent, climbed);
  const bool started = dots.has_value();
  std::vector<Picture> pictures = started ? std::move(climbed.pictures) : begin;
  for (size_t i = 0; i < pictures.size(); ++i) {
    Picture& picture = pictures[i];
    picture.curve = climbed.curve;
    for (const auto& [step, all] : climbed.frames) picture.frames.push_back({step, all[i].image});
    picture.redirected_steps = climbed.redirected_steps;
    picture.plateau = climbed.plateau;
    picture.started = started;
    picture.dots = dots.value_or(0);
  }
  return pictures;
}

at::Tensor network_input(const at::Tensor& picture, const at::Tensor& alpha, std::span<const Draw> draws,
                         const Aperture& aperture, const Preprocessing& preprocessing, Rng background) {
  if (!alpha.defined()) return normalize(apply(picture, draws, aperture), preprocessing);
  const Canvas canvas{picture.size(0), picture.size(1), picture.size(2), picture.size(3)};
  const auto kind = parse_parametrization(kBackground, canvas);
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < canvas.count; ++i) keys.push_back(background.next());
  at::Tensor behind;
  {
    const at::NoGradGuard no_gradients;
    behind = kind->image(kind->start(background.next(), keys, 1)).to(picture.scalar_type());
  }
  return normalize(apply(picture * alpha + behind * (1 - alpha), draws, aperture), preprocessing);
}

Image to_image(const at::Tensor& picture, const at::Tensor& alpha) {
  // A picture with holes is stored in colour: there is no format of grey with opacity here.
  const at::Tensor whole = alpha.defined() ? at::cat({picture.expand({-1, 3, -1, -1}), alpha}, 1) : picture;
  const at::Tensor rounded = (whole[0].to(at::kFloat) * 255).round().clamp(0, 255).to(at::kByte);
  const at::Tensor interleaved = rounded.permute({1, 2, 0}).contiguous();
  Image image(static_cast<int>(interleaved.size(1)), static_cast<int>(interleaved.size(0)),
              static_cast<int>(interleaved.size(2)));
  std::copy_n(interleaved.data_ptr<uint8_t>(), image.pixels.size(), image.pixels.begin());
  return image;
}

at::Tensor from_image(const Image& image) {
  const at::Tensor values = at::tensor(at::ArrayRef<uint8_t>(image.pixels), at::kByte).to(at::kFloat) / 255;
  return values.view({1, image.height, image.width, image.channels}).permute({0, 3, 1, 2}).contiguous();
}

at::Tensor stored_values(const Picture& picture) {
  if (picture.values.empty()) return from_image(picture.image);
  return at::tensor(picture.values).view({1, picture.shape[0], picture.shape[1], picture.shape[2]});
}

}  // namespace microtome
