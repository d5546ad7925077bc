// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/render.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "microtome/base/error.h"
#include "microtome/network/executor.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/ascent.h"

namespace microtome {
namespace {

constexpr int64_t kDefaultSide = 128;

int64_t side_of(const Network& network, const RenderSettings& settings) {
  if (settings.size > 0) return settings.size;
  return std::min({network.height(), network.width(), kDefaultSide});
}

std::array<int64_t, 2> window_of(const Network& network, int64_t side) {
  if (network.free_size()) return {side, side};
  return {network.height(), network.width()};
}

}  // namespace

struct Renderer::State {
  using Layers = std::vector<std::string>;

  Network network;
  Preprocessing preprocessing;
  RenderSettings settings;
  int64_t side;
  std::array<int64_t, 2> window;
  std::unique_ptr<Parametrization> parametrization;
  TransformList transforms;

  // Cutting and folding a network takes longer than a step: once for each set of layers.
  std::mutex mutex;
  std::map<Layers, std::unique_ptr<Executor>> plain, redirected;

  State(const Network& a_network, const Preprocessing& a_preprocessing, RenderSettings a_settings)
      : network(a_network),
        preprocessing(a_preprocessing),
        settings(std::move(a_settings)),
        side(side_of(network, settings)),
        window(window_of(network, side)),
        parametrization(parse_parametrization(settings.parametrization, network.channels(), side)),
        transforms(settings.transforms) {}

  const Executor& executor(const Layers& layers) {
    const std::scoped_lock lock(mutex);
    auto& made = plain[layers];
    if (!made) made = make_executor(network, layers);
    return *made;
  }

  const Executor& redirected_executor(const Layers& layers) {
    const std::scoped_lock lock(mutex);
    auto& made = redirected[layers];
    if (!made) made = make_executor(redirect_dead_relus(prune_to(network, layers)), layers);
    return *made;
  }

  Picture render(const std::string& text, uint64_t key) {
    const std::unique_ptr<Objective> objective = parse_objective(text, network);
    const Layers& layers = objective->layers();
    const Ascent ascent{.executor = executor(layers),
                        .redirected = [&]() -> const Executor& { return redirected_executor(layers); },
                        .objective = *objective,
                        .parametrization = *parametrization,
                        .transforms = transforms,
                        .preprocessing = preprocessing,
                        .window = window,
                        .steps = settings.steps,
                        .lr = settings.lr,
                        .seed = settings.seed,
                        .key = key};
    return ascend(ascent);
  }
};

Renderer::Renderer(const Network& network, const Preprocessing& preprocessing, RenderSettings settings) {
  check_ranges(settings, "visualize");
  const std::string& file = network.facts().file;
  if (network.layers().empty() ||
      network.graph().values[static_cast<size_t>(network.graph().input)].shape.size() != 4) {
    throw Error(ErrorKind::kUnsupported, file, "only networks that take pictures can be visualized");
  }
  if (network.channels() != 1 && network.channels() != 3) {
    throw Error(ErrorKind::kUnsupported, file,
                fmt::format("pictures of {} channels cannot be shown", network.channels()),
                "1 (grey) and 3 (RGB) channels can");
  }
  state_ = std::make_unique<State>(network, preprocessing, std::move(settings));
}

Renderer::~Renderer() = default;

int64_t Renderer::size() const { return state_->side; }

Picture Renderer::render(const std::string& objective, uint64_t key) const {
  try {
    return state_->render(objective, key);
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw Error(ErrorKind::kUnsupported, objective,
                fmt::format("the network does not run at {} x {} pixels: {}", state_->window[1], state_->window[0],
                            text.substr(0, text.find('\n'))),
                "choose another size");
  }
}

}  // namespace microtome
