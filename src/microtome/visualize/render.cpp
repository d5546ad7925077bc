// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/render.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"
#include "microtome/network/passes.h"
#include "microtome/network/threads.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/expression.h"
#include "microtome/visualize/image_targets.h"
#include "microtome/visualize/picture_quality.h"

namespace microtome {
namespace {

constexpr int64_t kDefaultSide = 128;
constexpr size_t kTrunks = 4;

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
    throw Error(ErrorKind::kUsage, "grow", fmt::format("{} does not come before {}", sides[i - 1], sides[i]),
                "give rising sides, all smaller than the picture's");
  }
  return sides;
}

// Start s of a picture has a key of its own; the first is the picture's.
uint64_t start_key(uint64_t key, int64_t start) { return key ^ static_cast<uint64_t>(start) << 40; }

double best_score(std::span<const Picture> pictures, const Objective& objective) {
  if (!objective.target) return pictures[0].score;
  double sum = 0;
  for (const Picture& picture : pictures) sum += picture.activation;
  return sum;
}

// Calls; what the tensor library throws is about the size.
template <class Call>
auto guarded(const std::string& objective, int64_t side, Call call) {
  use_one_kernel_thread();
  try {
    return call();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw Error(
        ErrorKind::kUnsupported, objective,
        fmt::format("the network does not run on pictures of {} pixels: {}", side, text.substr(0, text.find('\n'))),
        "choose another size");
  }
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
  ImageTargets images{network, preprocessing};

  // Cutting and folding a network takes longer than a step; folded weights take memory. Those used last are kept.
  std::mutex mutex;
  std::vector<std::shared_ptr<const Trunk>> trunks;  // the latest at the end

  State(const Network& a_network, const Preprocessing& a_preprocessing, RenderSettings a_settings)
      : network(with_input_maps(a_network)),
        preprocessing(a_preprocessing),
        settings(std::move(a_settings)),
        form(input_form(a_network)),
        side(side_of(network, settings, form)),
        sides(sides_of(settings, side)),
        transforms(settings.transforms) {
    for (const int64_t step : settings.frames) {
      if (step <= settings.steps) continue;
      throw Error(ErrorKind::kUsage, "frames",
                  fmt::format("an ascent of {} steps has no step {}", settings.steps, step),
                  fmt::format("give steps from 0, the start, to {}", settings.steps));
    }
    const auto first = parse_parametrization(settings.parametrization, canvas(sides.front(), 1));
    if (form != InputForm::kPicture && first->alpha(first->start(0, {{0}}, 1)).defined()) {
      throw Error(ErrorKind::kUsage, "parametrization", "only pictures can have opacity", "leave alpha out");
    }
    if (settings.start.empty()) return;
    start = start_picture();
    if (first->from_picture(*start)) return;
    throw Error(ErrorKind::kUsage, "start", fmt::format("\"{}\" cannot start from a picture", first->to_string()),
                "choose another parametrization, such as fft");
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

  std::shared_ptr<const Trunk> trunk(const std::vector<std::string>& layers) {
    const std::scoped_lock lock(mutex);
    const auto found = std::ranges::find(trunks, layers, [](const auto& one) { return one->layers(); });
    if (found != trunks.end()) {
      std::rotate(found, found + 1, trunks.end());
    } else {
      if (trunks.size() == kTrunks) trunks.erase(trunks.begin());
      trunks.push_back(std::make_shared<const Trunk>(network, layers));
    }
    return trunks.back();
  }

  // Which layers an objective reads decides the size at which they run, and that what an image is to them.
  Objective parse(const std::string& text) {
    Objective objective = parse_objective(text, {network, preprocessing, 0, 0});
    const std::shared_ptr<const Trunk> cut = trunk(objective.layers());
    if (objective.reads.image) {
      const auto [height, width] = cut->input_size(side);
      objective = parse_objective(text, {network, preprocessing, height, width, &images});
    }
    if (objective.reads.places && cut->input_size(sides.front()) != cut->input_size(side)) {
      throw Error(ErrorKind::kUsage, "grow",
                  fmt::format("\"{}\" names places, which are others in a smaller map", text),
                  "leave x and y out for the centre, or begin at the picture's size");
    }
    if (objective.reads.together > 1 && settings.copies > 1) {
      throw Error(ErrorKind::kUsage, "copies", "an objective that compares pictures sees one copy of each");
    }
    return objective;
  }

  // Once forwards in each stage: what only the size of a map or the kind of picture tells.
  void rehearse(const Objective& objective, int64_t pictures) {
    const at::NoGradGuard no_gradients;
    const auto count = static_cast<size_t>(objective.reads.together > 1 ? pictures : 1);
    const std::vector<uint64_t> keys(count, 0);
    const std::vector<Draw> unmoved(count);
    const std::shared_ptr<const Trunk> shared = trunk(objective.layers());
    for (const Stage& stage : stages(objective, *shared, count)) {
      const std::vector<at::Tensor> parameters = stage.parametrization->start(settings.seed, keys, 1);
      const at::Tensor picture = stage.parametrization->image(parameters);
      const at::Tensor alpha = stage.parametrization->alpha(parameters);
      std::vector<at::Tensor> taps;
      if (!objective.reads.layers.empty()) {
        taps = stage.prefix->executor().run(
            network_input(picture, alpha, unmoved, stage.prefix->aperture(), preprocessing, Rng(0)));
      }
      View view = stage.prefix->view(taps);
      view.set_picture(picture, alpha);
      objective.score(view);
    }
  }

  // What the target is measured by: its layer is mostly one that the objective reads.
  std::shared_ptr<const Trunk> measured_trunk(const Objective& objective) {
    const std::optional<UnitRef>& target = objective.target;
    std::vector<std::string> layers = objective.layers();
    if (target && std::ranges::find(layers, target->layer) == layers.end()) layers = {target->layer};
    return trunk(layers);
  }

  std::vector<Stage> stages(const Objective& objective, const Trunk& shared, size_t count) const {
    std::vector<Stage> stages;
    const auto parts = static_cast<int64_t>(sides.size());
    for (int64_t i = 0; i < parts; ++i) {
      const Canvas at = canvas(sides[static_cast<size_t>(i)], count);
      const auto [height, width] = shared.input_size(at.height);
      const int64_t steps = settings.steps * (i + 1) / parts - settings.steps * i / parts;
      stages.push_back({at, parse_parametrization(settings.parametrization, at),
                        std::make_shared<const Prefix>(shared, objective.reads, height, width), steps});
    }
    return stages;
  }

  std::vector<Picture> make_together(const Objective& objective, std::span<const uint64_t> keys) {
    const std::shared_ptr<const Trunk> shared = trunk(objective.layers());
    const std::shared_ptr<const Trunk> measured = measured_trunk(objective);
    const std::vector<Stage> made = stages(objective, *shared, keys.size());
    std::vector<Picture> best;
    double best_so_far = 0;
    for (int64_t i = 0; i < settings.starts; ++i) {
      std::vector<uint64_t> start_keys;
      for (const uint64_t key : keys) start_keys.push_back(start_key(key, i));
      Ascent ascent{objective, made, transforms, preprocessing, settings, start_keys, start, form};
      std::vector<Picture> pictures = ascend(ascent);
      ascent.keys = keys;  // all starts are measured by the same draws
      measure_quality(pictures, ascent, *measured);
      const double reached = best_score(pictures, objective);
      const bool better = best.empty() || reached > best_so_far || (std::isnan(best_so_far) && !std::isnan(reached));
      if (!better) continue;
      for (Picture& picture : pictures) picture.start = i;
      best = std::move(pictures);
      best_so_far = reached;
    }
    return best;
  }

  std::vector<Picture> render(const Objective& objective, std::span<const uint64_t> keys) {
    if (std::ssize(keys) < objective.reads.together) {
      throw Error(ErrorKind::kUsage, objective.text,
                  fmt::format("compares {} pictures, but {} is asked for", objective.reads.together, keys.size()),
                  "ask for more variants");
    }
    if (objective.reads.together > 1) return make_together(objective, keys);
    std::vector<Picture> pictures;
    for (const uint64_t& key : keys) {
      pictures.push_back(std::move(make_together(objective, std::span(&key, 1)).front()));
    }
    return pictures;
  }

  double diversity(const Objective& objective, std::span<const Image> pictures) {
    const std::optional<UnitRef>& target = objective.target;
    if (pictures.size() < 2 || !target || form != InputForm::kPicture) return std::numeric_limits<double>::quiet_NaN();
    const std::shared_ptr<const Trunk> measured = measured_trunk(objective);
    const auto [height, width] = trunk(objective.layers())->input_size(side);
    return measure_diversity(pictures, *measured, target->layer, preprocessing, {1, network.channels(), height, width});
  }
};

Renderer::Renderer(const Network& network, const Preprocessing& preprocessing, RenderSettings settings) {
  check_ranges(settings, "visualize");
  check_form(settings, input_form(network));
  state_ = std::make_unique<State>(network, preprocessing, std::move(settings));
}

Renderer::~Renderer() = default;

int64_t Renderer::size() const { return state_->side; }

double Renderer::diversity(const Objective& objective, std::span<const Image> pictures) const {
  return state_->diversity(objective, pictures);
}

Objective Renderer::parse(const std::string& text) const {
  return guarded(text, size(), [&] { return state_->parse(text); });
}

void Renderer::rehearse(const Objective& objective, int64_t pictures) const {
  guarded(objective.text, size(), [&] { state_->rehearse(objective, pictures); });
}

std::vector<Picture> Renderer::render(const Objective& objective, std::span<const uint64_t> keys) const {
  return guarded(objective.text, size(), [&] { return state_->render(objective, keys); });
}

std::vector<Picture> Renderer::render(const std::string& objective, std::span<const uint64_t> keys) const {
  return render(parse(objective), keys);
}

Picture Renderer::render(const std::string& objective, uint64_t key) const {
  return std::move(render(objective, std::span(&key, 1)).front());
}

}  // namespace microtome
