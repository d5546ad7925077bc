// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/classify.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/image/resize.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

// Where numbers that are not finite come from: the first layer that has any, and whether its weights do.
std::string name_bad_layer(const Network& network, const at::Tensor& input) {
  const Graph& graph = network.graph();
  std::string text = "from its output on";
  bool found = false;
  const auto look = [&](ValueIndex value, const at::Tensor& made) {
    if (found || !made.is_floating_point() || at::isfinite(made).all().item<bool>()) return;
    found = true;
    text = fmt::format("first in layer \"{}\"", graph.values[at_index(value)].name);
    const std::vector<int> makers = find_makers(graph);
    for (const ValueIndex given : graph.nodes[static_cast<size_t>(makers[at_index(value)])].inputs) {
      if (given < 0 || !graph.values[at_index(given)].constant.defined()) continue;
      if (at::isfinite(graph.values[at_index(given)].constant).all().item<bool>()) continue;
      text += fmt::format(", whose weights \"{}\" are not finite", graph.values[at_index(given)].name);
      return;
    }
  };
  const at::AutoGradMode no_gradients(false);
  Schedule(graph, graph.outputs, /*keeps=*/false).visit(input, {}, look);
  return text;
}

// What the network's first output is, behind what only hands it on.
OutputScale ending_of(const Network& network) {
  const Graph& graph = network.graph();
  const std::vector<int> makers = find_makers(graph);
  int maker = makers[at_index(network.output_layer().value)];
  while (maker >= 0) {
    const Node& node = graph.nodes[static_cast<size_t>(maker)];
    const Operator& op = require_operator(node);
    if (!op.hands_on) return op.scale;
    maker = makers[at_index(node.inputs.at(0))];
  }
  return OutputScale::kAny;
}

// Of positions: output [classes, positions].
std::vector<float> shares(const at::Tensor& output, OutputScale scale) {
  const double half = scale == OutputScale::kProbabilities ? 0.5 : scale == OutputScale::kAny ? 0 : std::log(0.5);
  if (output.size(0) == 1) return {output.gt(half).to(at::kFloat).mean().item<float>()};
  const at::Tensor likeliest = output.argmax(0);
  const at::Tensor counts = at::bincount(likeliest, {}, output.size(0)).to(at::kFloat).div(output.size(1)).contiguous();
  return {counts.data_ptr<float>(), counts.data_ptr<float>() + counts.numel()};
}

}  // namespace

Classifier::Classifier(const Network& network, Preprocessing preprocessing, bool scales_all)
    : network_(network),
      eye_(network, std::move(preprocessing), {network.output_layer().name}),
      classes_(network.output_layer().units),
      height_(static_cast<int>(network.height())),
      width_(static_cast<int>(network.width())),
      scales_all_(scales_all),
      ending_(ending_of(network)) {
  const std::string& file = network.facts().file;
  check_takes_pictures(network);
  const std::vector<int64_t>& made = network.output_layer().shape;
  positions_ = std::accumulate(made.begin() + 1, made.end(), int64_t{1}, std::multiplies<>());
  if (positions_ > 1 && (made.size() != 3 || made[1] == 1 || made[2] == 1)) {
    throw Error(ErrorKind::kUnsupported, file,
                fmt::format("gives [{}], as networks for detection do: neither one number a class nor a map of these",
                            fmt::join(made, ",")),
                "its layers can be dissected and visualized");
  }
  const int side = eye_.preprocessing().side;
  if (side > 0 && (side != height_ || side != width_)) {
    if (!network.free_size()) {
      throw Error(ErrorKind::kUsage, file,
                  fmt::format("takes pictures of {} x {}, not of side {}", width_, height_, side),
                  "leave the side out");
    }
    height_ = width_ = side;
  }
}

at::Tensor Classifier::pixels(const Image& image) const {
  const bool fits = image.height == height_ && image.width == width_;
  if (height_ != width_ || (fits && !scales_all_)) return eye_.pixels(image, height_, width_);
  const int chosen = eye_.preprocessing().resize_short;
  const double short_side = chosen > 0 ? chosen : height_ * 256.0 / 224.0;
  if (short_side < height_) {
    throw Error(ErrorKind::kUsage, "resize",
                fmt::format("{} is below the {} pixels that the network takes", chosen, height_),
                "give at least that many");
  }
  const int have = std::min(image.width, image.height);
  if (short_side != std::floor(short_side)) {
    // No picture has such a side, but the centre that would remain of it can be cut out first.
    const int centre = static_cast<int>(std::lround(have * height_ / short_side));
    return eye_.pixels(crop_center(image, std::max(centre, 1)), height_, width_);
  }
  // A picture that fits already is not sampled again: its pixels are what the network was meant to see.
  const int whole_side = static_cast<int>(short_side);
  const Image scaled = have == whole_side ? image : resize_short_side(image, whole_side);
  return eye_.pixels(crop_center(scaled, height_), height_, width_);
}

std::vector<float> Classifier::probabilities(const Image& image) const {
  const at::Tensor seen = input(image);
  at::Tensor output = eye_.look(seen).at(0).to(at::kFloat);
  if (output.size(1) != classes_ || (!by_position() && output.numel() != classes_)) {
    throw Error(ErrorKind::kUnsupported, "classify",
                fmt::format("the network gives {} numbers for {} classes at this side", output.numel(), classes_),
                "use the side that it was trained with");
  }
  if (!at::isfinite(output).all().item<bool>()) {
    throw Error(ErrorKind::kUnsupported, network_.facts().file,
                "gives numbers that are not finite: " + name_bad_layer(network_, seen),
                "get the file anew, export it in float32, or check the input range");
  }
  if (by_position()) return shares(output[0].flatten(1), ending_);
  output = output.reshape({-1});
  if (ending_ == OutputScale::kAny) output = output.softmax(0);
  if (ending_ == OutputScale::kLogProbabilities) output = output.exp();
  output = output.contiguous();
  return {output.data_ptr<float>(), output.data_ptr<float>() + output.numel()};
}

std::vector<Guess> likeliest(std::span<const float> probabilities, int count) {
  std::vector<int64_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  const auto likelier = [&](int64_t a, int64_t b) {
    const float pa = probabilities[static_cast<size_t>(a)], pb = probabilities[static_cast<size_t>(b)];
    return pa != pb ? pa > pb : a < b;
  };
  const size_t wanted = std::min(order.size(), static_cast<size_t>(std::max(count, 0)));
  std::partial_sort(order.begin(), order.begin() + static_cast<int64_t>(wanted), order.end(), likelier);
  std::vector<Guess> guesses;
  for (size_t i = 0; i < wanted; ++i) {
    guesses.push_back({.index = order[i], .probability = probabilities[static_cast<size_t>(order[i])]});
  }
  return guesses;
}

}  // namespace microtome
