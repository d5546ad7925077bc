// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/render.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"
#include "microtome/network/executor.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/measure.h"

namespace microtome {
namespace {

constexpr int64_t kDefaultSide = 128;

// Of a network with input maps.
int64_t side_of(const Network& network, const RenderSettings& settings, InputForm form) {
  if (is_flat(form)) return network.width();
  if (settings.size > 0) return settings.size;
  return std::min({network.height(), network.width(), kDefaultSide});
}

// The sides of the stages, rising to that of the picture. Throws Error(kUsage) unless they rise.
std::vector<int64_t> sides_of(const RenderSettings& settings, int64_t side) {
  std::vector<int64_t> sides = settings.grow;
  sides.push_back(side);
  for (size_t i = 1; i < sides.size(); ++i) {
    if (sides[i] > sides[i - 1]) continue;
    throw Error(ErrorKind::kUsage, "--grow", fmt::format("{} does not come before {}", sides[i - 1], sides[i]),
                "give rising sides, all smaller than the picture's");
  }
  return sides;
}

// Start s of a picture has a key of its own; the first is the picture's.
uint64_t start_key(uint64_t key, int64_t start) { return key ^ static_cast<uint64_t>(start) << 40; }

double best_score(std::span<const Picture> pictures, const Objective& objective) {
  if (!objective.target()) return pictures[0].score;
  double sum = 0;
  for (const Picture& picture : pictures) sum += picture.activation;
  return sum;
}

}  // namespace

struct Renderer::State {
  Network network;
  Preprocessing preprocessing;
  RenderSettings settings;
  InputForm form;
  int64_t side;
  std::vector<int64_t> sides;
  TransformList transforms;
  std::optional<at::Tensor> start;

  // Cutting and folding a network takes longer than a step: once for each set of layers, and each layer measured.
  std::mutex mutex;
  std::map<std::vector<std::string>, std::unique_ptr<const Trunk>> trunks;
  std::map<std::string, std::unique_ptr<Executor>> whole;

  State(const Network& a_network, const Preprocessing& a_preprocessing, RenderSettings a_settings)
      : network(with_input_maps(a_network)),
        preprocessing(a_preprocessing),
        settings(std::move(a_settings)),
        form(input_form(a_network)),
        side(side_of(network, settings, form)),
        sides(sides_of(settings, side)),
        transforms(settings.transforms) {
    const auto kind = parse_parametrization(settings.parametrization, canvas(side, 1));
    if (form != InputForm::kPicture && kind->alpha(kind->start(0, {{0}}, 1)).defined()) {
      throw Error(ErrorKind::kUsage, "--parametrization", "only pictures can have opacity", "leave alpha out");
    }
    if (!settings.start.empty()) start = start_picture();
  }

  Canvas canvas(int64_t a_side, size_t count) const {
    return {static_cast<int64_t>(count), network.channels(), is_flat(form) ? 1 : a_side, a_side};
  }

  at::Tensor start_picture() const {
    const Image image = load_image(settings.start);
    const int first = static_cast<int>(sides.front());
    const at::Tensor values = from_image(resize_bilinear(image, first, first));
    return network.channels() == 1 ? values.mean(1, true) : values;
  }

  const Trunk& trunk(const std::vector<std::string>& layers) {
    const std::scoped_lock lock(mutex);
    auto& made = trunks[layers];
    if (!made) made = std::make_unique<const Trunk>(network, layers);
    return *made;
  }

  // Which layers an objective reads decides the size at which they run, and that what an image is to them.
  std::unique_ptr<Objective> parse(const std::string& text) {
    auto objective = parse_objective(text, {network, preprocessing, network.height(), network.width()});
    const auto [height, width] = trunk(objective->layers()).input_size(side);
    if (height == network.height() && width == network.width()) return objective;
    return parse_objective(text, {network, preprocessing, height, width});
  }

  const Executor* whole_layer(const Objective& objective) {
    const std::optional<Target> target = objective.target();
    if (!target) return nullptr;
    const std::scoped_lock lock(mutex);
    auto& made = whole[target->layer];
    if (!made) made = make_executor(network, {target->layer});
    return made.get();
  }

  std::vector<Stage> stages(const Objective& objective, size_t count) {
    const Trunk& shared = trunk(objective.layers());
    std::vector<Stage> stages;
    const auto parts = static_cast<int64_t>(sides.size());
    for (int64_t i = 0; i < parts; ++i) {
      const Canvas at = canvas(sides[static_cast<size_t>(i)], count);
      const auto [height, width] = shared.input_size(at.height);
      const int64_t steps = settings.steps * (i + 1) / parts - settings.steps * i / parts;
      stages.push_back({at, parse_parametrization(settings.parametrization, at),
                        std::make_shared<const Prefix>(shared, objective, height, width, true), steps});
    }
    return stages;
  }

  std::vector<Picture> make_together(const Objective& objective, std::span<const uint64_t> keys) {
    const std::vector<Stage> made = stages(objective, keys.size());
    const Executor* const measured = whole_layer(objective);
    std::vector<Picture> best;
    double best_so_far = 0;
    for (int64_t i = 0; i < settings.starts; ++i) {
      std::vector<uint64_t> start_keys;
      for (const uint64_t key : keys) start_keys.push_back(start_key(key, i));
      Ascent ascent{objective, made, transforms, preprocessing, settings, start_keys, start, form};
      std::vector<Picture> pictures = ascend(ascent);
      ascent.keys = keys;  // all starts are measured by the same draws
      measure(pictures, ascent, measured);
      const double reached = best_score(pictures, objective);
      if (!best.empty() && !(reached > best_so_far)) continue;
      for (Picture& picture : pictures) picture.start = i;
      best = std::move(pictures);
      best_so_far = reached;
    }
    return best;
  }

  std::vector<Picture> render(const std::string& text, std::span<const uint64_t> keys) {
    const std::unique_ptr<Objective> objective = parse(text);
    if (static_cast<int64_t>(keys.size()) < objective->together()) {
      throw Error(ErrorKind::kUsage, text,
                  fmt::format("compares {} pictures, but {} is asked for", objective->together(), keys.size()),
                  "ask for more variants");
    }
    if (objective->together() > 1 && settings.copies > 1) {
      throw Error(ErrorKind::kUsage, "--copies", "an objective that compares pictures sees one copy of each");
    }
    std::vector<Picture> pictures;
    if (objective->together() > 1) {
      pictures = make_together(*objective, keys);
    } else {
      for (const uint64_t& key : keys) {
        pictures.push_back(std::move(make_together(*objective, std::span(&key, 1)).front()));
      }
    }
    if (pictures.size() > 1 && objective->target()) {
      const auto [height, width] = trunk(objective->layers()).input_size(side);
      measure_diversity(pictures, *whole_layer(*objective), preprocessing, height, width);
    }
    return pictures;
  }
};

Renderer::Renderer(const Network& network, const Preprocessing& preprocessing, RenderSettings settings) {
  check_ranges(settings, "visualize");
  check_form(settings, input_form(network));
  state_ = std::make_unique<State>(network, preprocessing, std::move(settings));
}

Renderer::~Renderer() = default;

int64_t Renderer::size() const { return state_->side; }

int64_t Renderer::together(const std::string& objective) const { return state_->parse(objective)->together(); }

std::vector<Picture> Renderer::render(const std::string& objective, std::span<const uint64_t> keys) const {
  try {
    return state_->render(objective, keys);
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw Error(ErrorKind::kUnsupported, objective,
                fmt::format("the network does not run on pictures of {} pixels: {}", state_->side,
                            text.substr(0, text.find('\n'))),
                "choose another size");
  }
}

Picture Renderer::render(const std::string& objective, uint64_t key) const {
  return std::move(render(objective, std::span(&key, 1)).front());
}

}  // namespace microtome
