// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/subject.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/expression.h"

namespace microtome {
namespace {

Objective explained_objective(const Network& network, const Preprocessing& preprocessing, const std::string& text) {
  check_takes_pictures(network);
  Objective objective = parse_objective(text, {network, preprocessing, network.height(), network.width()});
  if (objective.reads.picture || objective.reads.layers.empty()) {
    throw Error(ErrorKind::kUsage, fmt::format("objective \"{}\"", text), "reads the picture itself",
                "leave penalties out: they are no part of what a network does");
  }
  if (objective.reads.together > 1) {
    throw Error(ErrorKind::kUsage, fmt::format("objective \"{}\"", text), "compares pictures with each other",
                "leave out what needs more than one picture");
  }
  return objective;
}

Eye eye_of(const Network& network, const Preprocessing& preprocessing, const std::vector<std::string>& layers) {
  return Eye(prune_to(network, layers), preprocessing, layers);
}

// Each channel of [1,C,H,W] by a Gaussian that ends after three deviations, the edge repeated.
at::Tensor blurred(const at::Tensor& pixels, double deviation) {
  const int64_t reach = std::max<int64_t>(1, std::llround(3 * deviation));
  const at::Tensor offsets = at::arange(-reach, reach + 1, pixels.options());
  at::Tensor weights = (-(offsets * offsets) / (2 * deviation * deviation)).exp();
  weights = weights / weights.sum();
  const int64_t channels = pixels.size(1);
  const std::vector<int64_t> one{1, 1}, none{0, 0};
  at::Tensor out = pixels;
  for (const bool across : {true, false}) {
    const std::vector<int64_t> padding =
        across ? std::vector<int64_t>{reach, reach, 0, 0} : std::vector<int64_t>{0, 0, reach, reach};
    const at::Tensor kernel = weights.view(across ? at::IntArrayRef({1, 1, 1, -1}) : at::IntArrayRef({1, 1, -1, 1}));
    // Padding by repeating may reach beyond the picture: in steps of its size.
    out = at::conv2d(at::replication_pad2d(out, padding), kernel.expand({channels, 1, kernel.size(2), kernel.size(3)}),
                     {}, one, none, one, channels);
  }
  return out;
}

}  // namespace

Subject::Subject(const Network& network, const Preprocessing& preprocessing, const std::string& objective)
    : Subject(network, preprocessing, explained_objective(network, preprocessing, objective)) {}

Subject::Subject(const Network& network, const Preprocessing& preprocessing, Objective objective)
    : eye_(eye_of(network, preprocessing, objective.layers())), objective_(std::move(objective)) {}

Subject Subject::asked_of(const Network& network) const { return Subject(network, preprocessing(), objective_); }

at::Tensor Subject::input(const at::Tensor& pixels) const { return normalize(pixels, preprocessing()); }

at::Tensor Subject::score_of(const std::vector<at::Tensor>& taps) const {
  View view;
  for (size_t i = 0; i < taps.size(); ++i) view.add(layers()[i], taps[i]);
  return objective_.score(view);
}

double Subject::value(const at::Tensor& pixels) const { return score_of(eye_.look(input(pixels))).item<double>(); }

Subject::Score Subject::score(std::span<const at::Tensor> taps) const {
  const at::AutoGradMode with_gradients(true);
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& tap : taps) leaves.push_back(tap.detach().requires_grad_());
  const at::Tensor score = score_of(leaves);
  Score found{score.item<double>(), std::vector<at::Tensor>(leaves.size())};
  if (score.requires_grad()) {
    found.gradients = torch::autograd::grad({score}, leaves, {}, {}, false, /*allow_unused=*/true);
  }
  return found;
}

Subject::Slope Subject::slope(const at::Tensor& pixels) const {
  const at::AutoGradMode with_gradients(true);
  const at::Tensor leaf = pixels.detach().requires_grad_();
  const at::Tensor seen = input(leaf);
  const std::unique_ptr<Tape> tape = eye_.record(seen.detach());
  const Score found = score(tape->taps());
  const at::Tensor at_input = tape->pull_back(found.gradients);
  return {found.value, torch::autograd::grad({seen}, {leaf}, {at_input})[0]};
}

at::Tensor background(const Subject& subject, const at::Tensor& pixels, const std::string& kind) {
  if (kind == "black") return at::zeros_like(pixels);
  if (kind == "white") return at::ones_like(pixels);
  if (kind == "grey") return at::full_like(pixels, 0.5);
  if (kind == "blur") return blurred(pixels, 0.1 * static_cast<double>(std::min(pixels.size(2), pixels.size(3))));
  if (kind != "zero") {
    throw Error(ErrorKind::kUsage, "background", fmt::format("there is no \"{}\"", kind),
                fmt::format("one of {}", kBackgrounds));
  }
  const at::Tensor dark = subject.input(at::zeros({1, pixels.size(1), 1, 1}));
  const at::Tensor bright = subject.input(at::ones({1, pixels.size(1), 1, 1}));
  at::Tensor colour = -dark / (bright - dark);
  if (subject.preprocessing().bgr) colour = colour.flip(1);
  return colour.expand_as(pixels).contiguous();
}

}  // namespace microtome
