// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/estimate.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/study/render_pictures.h"

namespace microtome {
namespace {

constexpr int64_t kShort = 1, kLong = 7;  // probed steps of each stage
constexpr int64_t kRowBytes = 1500;       // an atlas row with its facts, and the description within the picture

// What one call of the renderer takes, once everything that is made only once has been made.
struct Cost {
  double seconds = 0;
  int64_t bytes = 0;
};

class Probe {
 public:
  Probe(const Source& source, const PicturePlan& plan, const RenderSettings& settings)
      : source_(source), plan_(plan), settings_(settings) {}

  Cost measure(const PictureTask& task) const {
    const auto stages = static_cast<int64_t>(settings_.grow.size()) + 1;
    std::vector<Picture> pictures;
    const Renderer brief = renderer(kShort * stages), longer = renderer(kLong * stages);
    seconds(brief, task, pictures);
    const double first = seconds(brief, task, pictures), second = seconds(longer, task, pictures);
    const double step = std::max(0.0, second - first) / static_cast<double>((kLong - kShort) * stages);
    const double rest = std::max(0.0, first - step * static_cast<double>(kShort * stages));
    Cost cost;
    cost.seconds = static_cast<double>(settings_.starts) * (rest + step * static_cast<double>(settings_.steps));
    const auto frames = std::ssize(settings_.frames);
    for (const Picture& picture : pictures) {
      cost.bytes += std::ssize(encode_png(picture.image)) + settings_.steps * int64_t{sizeof(float)} + kRowBytes;
      cost.bytes += std::ssize(picture.values) * int64_t{sizeof(float)};
      if (frames > 0) cost.bytes += frames * std::ssize(encode_frame(picture.image));
    }
    return cost;
  }

 private:
  Renderer renderer(int64_t steps) const {
    RenderSettings probed = settings_;
    probed.steps = steps;
    probed.starts = 1;
    probed.patience = 0;
    probed.frames.clear();
    return Renderer(plan_.network, source_.preprocessing, probed);
  }

  static double seconds(const Renderer& renderer, const PictureTask& task, std::vector<Picture>& pictures) {
    throw_if_stopped();
    const std::vector<uint64_t> keys(task.variants.begin(), task.variants.end());
    const auto begin = std::chrono::steady_clock::now();
    pictures = renderer.render(task.objective, keys);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  const Source& source_;
  const PicturePlan& plan_;
  const RenderSettings& settings_;
};

}  // namespace

Json estimate(const Source& source, const PicturePlan& plan, const PictureRequest& request, const Atlas* atlas) {
  const auto run = atlas == nullptr ? std::nullopt : atlas->find_run(plan.provenance);
  const Probe probe(source, plan, plan.settings);
  const int workers = std::max(1, request.threads);
  Json layers = Json::array();
  int64_t done = 0, bytes = 0;
  double seconds = 0;
  for (size_t begin = 0; begin < plan.tasks.size();) {
    size_t end = begin;
    int64_t pictures = 0, finished = 0, calls = 0;
    for (; end < plan.tasks.size() && plan.tasks[end].layer == plan.tasks[begin].layer; ++end) {
      const PictureTask& task = plan.tasks[end];
      pictures += std::ssize(task.variants);
      if (run && plan.done(*atlas, *run, task))
        finished += std::ssize(task.variants);
      else
        ++calls;
    }
    const Cost cost = calls > 0 ? probe.measure(plan.tasks[begin]) : Cost{};
    const double all = cost.seconds * static_cast<double>(calls) / workers;
    layers.push_back({{"layer", plan.tasks[begin].layer},
                      {"pictures", pictures},
                      {"done", finished},
                      {"seconds_each", cost.seconds / static_cast<double>(plan.tasks[begin].variants.size())},
                      {"seconds", all}});
    done += finished;
    bytes += cost.bytes * calls;
    seconds += all;
    begin = end;
  }
  return {{"size", plan.renderer->size()},
          {"steps", request.render.steps},
          {"threads", workers},
          {"pictures", plan.pictures()},
          {"done", done},
          {"seconds", seconds},
          {"bytes", bytes},
          {"layers", std::move(layers)}};
}

}  // namespace microtome
