// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/estimate.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <tuple>

#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/network/eye.h"
#include "microtome/study/dissect_layers.h"
#include "microtome/study/render_pictures.h"
#include "microtome/study/survey_plan.h"

namespace microtome {
namespace {

constexpr int64_t kShort = 1, kLong = 7;  // probed steps of each stage
constexpr int64_t kProbeImages = 4;
constexpr int64_t kNoRun = 0;        // rows begin at 1
constexpr int64_t kRowBytes = 1500;  // an atlas row with its facts, and the description within the picture

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

int64_t run_of(const Atlas* atlas, const Provenance& provenance) {
  return atlas == nullptr ? kNoRun : atlas->find_run(provenance).value_or(kNoRun);
}

// Pictures at the places of the plan that other runs made.
int64_t pictures_of_others(const PicturePlan& plan, const Atlas* atlas, int64_t run) {
  if (atlas == nullptr) return 0;
  std::set<std::tuple<std::string, int64_t, Sign, std::string, int>> places;
  std::set<std::string> layers;
  for (const PictureTask& task : plan.tasks) {
    if (!task.layer.empty()) layers.insert(task.layer);
    for (const int variant : task.variants) {
      places.emplace(task.layer, task.unit, task.sign, task.objective.text, variant);
    }
  }
  int64_t count = 0;
  for (const AtlasLayer& layer : atlas->studied_layers()) {
    if (!layers.contains(layer.name)) continue;
    for (const AtlasPicture& p : atlas->pictures_of_runs(layer.name, -1, Detail::kBrief)) {
      count += p.run != run && places.contains({p.layer, p.unit, p.sign, p.objective, p.variant});
    }
  }
  return count;
}

double seconds_an_image(const Source& source, const std::vector<LayerTask>& tasks, const ConceptSet& concepts) {
  std::vector<std::string> layers;
  for (const LayerTask& task : tasks) layers.push_back(task.layer);
  const Eye eye(source.network, source.preprocessing, layers);
  eye.look(concepts.image(0));  // Makes what is made only once.
  const int64_t count = std::min(kProbeImages, concepts.size());
  const auto begin = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < count; ++i) {
    throw_if_stopped();
    eye.look(concepts.image(i));
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / static_cast<double>(count);
}

}  // namespace

Json estimate_dissection(const Source& source, const std::vector<LayerTask>& tasks, const ConceptSet& concepts,
                         const DissectRequest& request, const Atlas* atlas) {
  const int64_t run = run_of(atlas, dissect_provenance(source, concepts, request));
  const std::vector<LayerTask> missing = run != kNoRun ? undissected(tasks, request, *atlas, run) : tasks;
  Json layers = Json::array();
  int64_t units = 0, open = 0, others = 0;
  for (const LayerTask& task : tasks) {
    const auto same = [&](const LayerTask& one) { return one.layer == task.layer; };
    const auto rest = std::ranges::find_if(missing, same);
    const int64_t left = rest == missing.end() ? 0 : std::ssize(rest->units);
    units += std::ssize(task.units), open += left;
    layers.push_back({{"layer", task.layer}, {"units", task.units.size()}, {"done", std::ssize(task.units) - left}});
    if (atlas == nullptr) continue;
    for (const auto& one : atlas->dissections(task.layer)) others += one.run != run;
  }
  Json out = {{"units", units},
              {"done", units - open},
              {"images", concepts.size()},
              {"threads", request.threads},
              {"passes", 0},
              {"seconds", 0.0},
              {"memory", 0}};
  if (!missing.empty() && concepts.size() > 0) {
    const SurveyPlan plan = plan_survey(source, missing, concepts, request);
    const auto passes = std::ssize(plan.passes) * (request.dissection.ranges > 0 ? 2 : 1);
    out["passes"] = passes;
    out["memory"] = plan.most + plan.labels + plan.activations;
    out["seconds"] = seconds_an_image(source, missing, concepts) * static_cast<double>(passes * concepts.size()) /
                     std::max(1, request.threads);
  }
  out["kept"] = request.replace ? 0 : others;
  out["replaced"] = request.replace ? others : 0;
  out["layers"] = std::move(layers);
  return out;
}

Json estimate(const Source& source, const PicturePlan& plan, const PictureRequest& request, const Atlas* atlas) {
  const int64_t run = run_of(atlas, plan.provenance);
  const int64_t others = pictures_of_others(plan, atlas, run);
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
      if (run != kNoRun && plan.done(*atlas, run, task))
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
          {"kept", request.replace ? 0 : others},
          {"replaced", request.replace ? others : 0},
          {"seconds", seconds},
          {"bytes", bytes},
          {"layers", std::move(layers)}};
}

}  // namespace microtome
