// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/dream.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/image/resize.h"
#include "microtome/network/executor.h"
#include "microtome/network/passes.h"
#include "microtome/network/threads.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/dream_objective.h"

namespace microtome {
namespace {

using Size = std::array<int64_t, 2>;  // height, width

constexpr double kWork = 1000;  // pixels in a unit of progress

Size size_of(const at::Tensor& picture) { return {picture.size(2), picture.size(3)}; }

std::string size_text(const Size& size) { return fmt::format("{} x {}", size[1], size[0]); }

at::Tensor scaled(const at::Tensor& picture, const Size& size) {
  if (size_of(picture) == size) return picture;
  return at::_upsample_bilinear2d_aa(picture, size, /*align_corners=*/false);
}

Image with_long_side(const Image& image, int64_t side) {
  const double scale = static_cast<double>(side) / std::max(image.width, image.height);
  const auto length = [&](int pixels) { return std::max(1, static_cast<int>(std::lround(pixels * scale))); };
  if (length(image.width) == image.width && length(image.height) == image.height) return image;
  return resize_bilinear(image, length(image.width), length(image.height));
}

// Where tiles of one side begin, so that they cover a length and lie evenly.
std::vector<int64_t> tile_starts(int64_t length, int64_t tile) {
  const int64_t count = (length + tile - 1) / tile;
  std::vector<int64_t> starts;
  for (int64_t i = 0; i < count; ++i) starts.push_back(count == 1 ? 0 : i * (length - tile) / (count - 1));
  return starts;
}

class Dreamer {
 public:
  explicit Dreamer(const DreamTask& task)
      : task_(task),
        settings_(task.settings),
        network_(prune_to(task.network, {&task.layer, 1})),
        executor_(make_executor(network_, {task.layer})) {
    const Layer& layer = network_.layer(task.layer);
    if (layer.shape.size() != 3 && layer.shape.size() != 1) {
      throw Error(ErrorKind::kUnsupported, task.layer, "is neither maps nor a row of units",
                  "make tokens a map: LAYER~grid");
    }
    const Size input = {network_.height(), network_.width()};
    if (network_.free_size()) {
      if (settings_.tile > 0) tile_ = {settings_.tile, settings_.tile};
    } else if (settings_.tile > 0 && Size{settings_.tile, settings_.tile} != input) {
      throw Error(ErrorKind::kUsage, "tile",
                  fmt::format("up to {} the network takes {} pixels and nothing else", task.layer, size_text(input)),
                  "leave it out");
    } else {
      tile_ = input;
    }
  }

  DreamPicture run(const Image& photo, Reporter& reporter, const std::function<void(int64_t, const Image&)>& frame) {
    const at::Tensor whole = pixels_of(settings_.size > 0 ? with_long_side(photo, settings_.size) : photo);
    std::vector<Size> octaves = sizes(size_of(whole));
    choose_objective(whole);
    double work = 0;
    for (const Size& size : octaves) work += static_cast<double>(size[0] * size[1] * settings_.steps) / kWork;
    Task progress(reporter, "dreaming", static_cast<int64_t>(work), "thousand pixels");
    DreamPicture picture;
    picture.started = false;
    at::Tensor detail = at::zeros_like(scaled(whole, octaves[0]));
    double done = 0;
    for (size_t octave = 0; octave < octaves.size(); ++octave) {
      const at::Tensor base = scaled(whole, octaves[octave]);
      at::Tensor x = base + scaled(detail, octaves[octave]);
      for (int64_t step = 0; step < settings_.steps; ++step) {
        throw_if_stopped();
        x = updated(x, Rng(settings_.seed, "dream", octave, static_cast<uint64_t>(step)), picture);
        if (frame) {
          const at::Tensor now = whole + scaled(x - base, size_of(whole));
          frame(static_cast<int64_t>(picture.curve.size()), to_image(now.clamp(0, 1)));
        }
        const double before = done;
        done += static_cast<double>(x.size(2) * x.size(3)) / kWork;
        progress.advance(static_cast<int64_t>(done) - static_cast<int64_t>(before));
      }
      detail = x - base;
    }
    picture.image = to_image(whole + detail);
    return picture;
  }

 private:
  // What the network cannot run at a size is the user's to change.
  auto runnable(const Size& size, const auto& work) const {
    try {
      return work();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCorrupt) throw;  // operators that refuse what they are given
      throw Error(ErrorKind::kUsage, task_.layer,
                  fmt::format("the network does not run at {} pixels: {}", size_text(size), error.what()),
                  "take fewer octaves, a larger `size` or a larger `tile`");
    }
  }

  at::Tensor pixels_of(const Image& image) const {
    return to_input(image, {}, static_cast<int>(network_.channels()), image.height, image.width);
  }

  // Of the octaves, smallest first.
  std::vector<Size> sizes(const Size& whole) const {
    std::vector<Size> octaves;
    for (int64_t i = settings_.octaves - 1; i >= 0; --i) {
      const double scale = std::pow(settings_.octave_scale, static_cast<double>(i));
      const auto length = [&](int64_t pixels) {
        return std::max<int64_t>(1, std::llround(static_cast<double>(pixels) / scale));
      };
      octaves.push_back({length(whole[0]), length(whole[1])});
    }
    const Size& least = octaves.front();
    if (!network_.free_size() && (least[0] < tile_[0] || least[1] < tile_[1])) {
      throw Error(ErrorKind::kUsage, "octaves",
                  fmt::format("the smallest of {} octaves is {} pixels, but up to {} the network takes no less than {}",
                              settings_.octaves, size_text(least), task_.layer, size_text(tile_)),
                  "take fewer octaves, a larger `size`, or a layer before the first fixed one");
    }
    return octaves;
  }

  void choose_objective(const at::Tensor& whole) {
    if (task_.guide.empty()) {
      objective_ = dream_objective(settings_.objective, task_.units);
      return;
    }
    if (!task_.units.empty() || settings_.objective != DreamSettings().objective) {
      throw Error(ErrorKind::kUsage, "guide", "is an objective of its own, over all units of the layer",
                  "leave `units` and `objective` out");
    }
    Image guide = task_.guide;
    if (network_.free_size()) {
      const int64_t longest = std::max(whole.size(2), whole.size(3));
      if (std::max(guide.width, guide.height) > longest) guide = with_long_side(guide, longest);
    } else {
      guide = resize_bilinear(guide, static_cast<int>(tile_[1]), static_cast<int>(tile_[0]));
    }
    const at::Tensor pixels = pixels_of(guide);
    objective_ = guided_objective(
        runnable(size_of(pixels), [&] { return executor_->run(normalize(pixels, task_.preprocessing))[0]; }));
  }

  at::Tensor updated(const at::Tensor& x, Rng rng, DreamPicture& picture) const {
    const int64_t j = settings_.jitter;
    Size roll = {rng.between(-j, j), rng.between(-j, j)};
    for (size_t axis = 0; axis < 2; ++axis) {
      if (tile_[axis] > 0) roll[axis] += rng.below(tile_[axis]);
    }
    const at::Tensor rolled = x.roll(roll, {2, 3});
    double objective = 0;
    const at::Tensor gradient = slope_at(rolled, objective);
    picture.curve.push_back(static_cast<float>(objective));
    const double mean = gradient.abs().mean().item<double>();
    if (!std::isfinite(mean)) {
      throw Error(ErrorKind::kUnsupported, task_.layer, "the gradient is not finite", "choose another layer");
    }
    if (mean == 0) return x;
    picture.started = true;
    const at::Tensor moved = (rolled + gradient * (settings_.lr / 255 / mean)).clamp(0, 1);
    return moved.roll({-roll[0], -roll[1]}, {2, 3});
  }

  // The gradient at the pixels [1,C,H,W], over all tiles.
  at::Tensor slope_at(const at::Tensor& x, double& objective) const {
    const Size size = size_of(x);
    const Size tile = {tile_[0] > 0 ? std::min(tile_[0], size[0]) : size[0],
                       tile_[1] > 0 ? std::min(tile_[1], size[1]) : size[1]};
    std::vector<Size> places;
    for (const int64_t top : tile_starts(size[0], tile[0])) {
      for (const int64_t left : tile_starts(size[1], tile[1])) places.push_back({top, left});
    }
    std::vector<DreamSlope> slopes(places.size());
    parallel_for(task_.threads, static_cast<int64_t>(places.size()), [&](int, int64_t i) {
      throw_if_stopped();
      use_one_kernel_thread();
      const auto& [top, left] = places[static_cast<size_t>(i)];
      const at::Tensor seen = x.slice(2, top, top + tile[0]).slice(3, left, left + tile[1]);
      slopes[static_cast<size_t>(i)] = runnable(tile, [&] { return tile_slope(seen); });
    });
    at::Tensor sum = at::zeros_like(x), cover = at::zeros({1, 1, size[0], size[1]});
    double total = 0;
    int64_t terms = 0;
    for (size_t i = 0; i < places.size(); ++i) {
      const auto& [top, left] = places[i];
      sum.slice(2, top, top + tile[0]).slice(3, left, left + tile[1]) += slopes[i].gradient;
      cover.slice(2, top, top + tile[0]).slice(3, left, left + tile[1]) += 1;
      total += slopes[i].sum;
      terms += slopes[i].terms;
    }
    objective = total / static_cast<double>(terms);
    return places.size() == 1 ? sum : sum / cover;
  }

  DreamSlope tile_slope(const at::Tensor& seen) const {
    const at::AutoGradMode with_gradients(true);
    const at::Tensor pixels = seen.detach().clone().requires_grad_();
    const at::Tensor input = normalize(pixels, task_.preprocessing);
    const std::unique_ptr<Tape> tape = executor_->record(input.detach());
    DreamSlope slope = objective_(tape->taps()[0]);
    const at::Tensor at_input = tape->pull_back({&slope.gradient, 1});
    slope.gradient = torch::autograd::grad({input}, {pixels}, {at_input})[0];
    return slope;
  }

  const DreamTask& task_;
  const DreamSettings& settings_;
  const Network network_;
  const std::unique_ptr<Executor> executor_;
  Size tile_ = {0, 0};  // 0: as large as the octave
  DreamObjective objective_;
};

void check(const DreamTask& task) {
  check_ranges(task.settings, "dream");
  const Network& network = task.network;
  const Graph& graph = network.graph();
  if (graph.values[static_cast<size_t>(graph.input)].shape.size() != 4) {
    throw Error(ErrorKind::kUnsupported, network.facts().file, "only networks that take pictures can dream");
  }
  const Layer& layer = network.layer(task.layer);
  for (const int64_t unit : task.units) {
    if (unit >= 0 && unit < layer.units) continue;
    throw Error(ErrorKind::kUsage, layer.name, fmt::format("there is no unit {}", unit),
                fmt::format("units run from 0 to {}", layer.units - 1));
  }
}

}  // namespace

DreamPicture dream(const Image& photo, const DreamTask& task, Reporter& reporter,
                   const std::function<void(int64_t, const Image&)>& frame) {
  check(task);
  return Dreamer(task).run(photo, reporter, frame);
}

}  // namespace microtome
