// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <map>
#include <mutex>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/network/network.h"
#include "microtome/network/pre_activation.h"
#include "microtome/study/workflow.h"
#include "microtome/visualize/render.h"

namespace microtome {
namespace {

struct PictureTask {
  std::string layer;
  int64_t unit = 0;
  Sign sign = Sign::kPositive;
  int variant = 0;
};

std::vector<Sign> signs_of(const std::string& text) {
  if (text == "both") return {Sign::kPositive, Sign::kNegative};
  if (text == "+") return {Sign::kPositive};
  if (text == "-") return {Sign::kNegative};
  throw Error(ErrorKind::kUsage, "--signs", fmt::format("\"{}\" is not +, - or both", text));
}

// A rectified unit has no negative side to see: its picture is made for what the rectifier hides.
std::string objective_of(const PictureTask& task, const std::map<std::string, std::string>& hidden) {
  const auto found = hidden.find(task.layer);
  const bool negative = task.sign == Sign::kNegative;
  const std::string& layer = negative && found != hidden.end() ? found->second : task.layer;
  return fmt::format("{}channel(layer={},unit={})", negative ? "-" : "", layer, task.unit);
}

// Adds the pre-activations of rectified layers; `hidden` names them by layer.
Network with_hidden_layers(const Source& source, const std::vector<LayerTask>& tasks,
                           std::map<std::string, std::string>& hidden) {
  Network network = source.network;
  for (const LayerTask& task : tasks) {
    const size_t before = network.layers().size();
    network = with_pre_activation(network, task.layer);
    if (network.layers().size() > before) hidden[task.layer] = task.layer + kPreActivationSuffix;
  }
  return network;
}

// The most that a real image makes of each unit, in the picture's sign: by layer, unit and sign.
using BestExemplars = std::map<std::tuple<std::string, int64_t, Sign>, double>;

BestExemplars best_exemplars(const Atlas& atlas, const std::vector<LayerTask>& tasks) {
  BestExemplars best;
  for (const LayerTask& task : tasks) {
    for (const UnitDissection& unit : atlas.units(task.layer, true)) {
      best[{task.layer, unit.unit, Sign::kPositive}] = unit.maximum;
      best[{task.layer, unit.unit, Sign::kNegative}] = -unit.minimum;
    }
  }
  return best;
}

AtlasPicture to_record(const PictureTask& task, const std::string& objective, const Picture& picture,
                       const Renderer& renderer, const BestExemplars& best, const Json& provenance) {
  AtlasPicture record;
  record.layer = task.layer;
  record.unit = static_cast<int>(task.unit);
  record.sign = task.sign;
  record.variant = task.variant;
  record.objective = objective;
  record.width = picture.image.width;
  record.height = picture.image.height;
  record.curve = picture.curve;
  record.activation = picture.activation;
  record.status = picture.started ? "ok" : "did not start";
  record.facts = {{"redirected_steps", picture.redirected_steps}, {"size", renderer.size()}};
  const auto found = best.find({task.layer, task.unit, task.sign});
  if (found != best.end()) {
    record.best_exemplar = found->second;
    // A unit that no real image drives in this direction has no ratio: zero is not a yardstick.
    if (found->second > 0 && std::isfinite(picture.activation))
      record.activation_ratio = picture.activation / found->second;
  }
  Json description = provenance;
  description["objective"] = record.objective;
  description["variant"] = record.variant;
  record.png = encode_png(picture.image, description.dump());
  return record;
}

}  // namespace

void render_units(const Source& source, const std::vector<LayerTask>& tasks, const StudyRequest& request, Atlas& atlas,
                  Reporter& reporter) {
  const Provenance provenance = make_provenance(source, request, "visualize", "", to_json(request.render));
  const int64_t run = atlas.begin_run(provenance);
  const std::vector<Sign> signs = signs_of(request.signs);
  int64_t total = 0;
  std::vector<PictureTask> missing;
  for (const LayerTask& task : tasks) {
    for (const int64_t unit : task.units) {
      for (const Sign sign : signs) {
        for (int variant = 0; variant < request.variants; ++variant, ++total) {
          if (atlas.has_picture(run, task.layer, static_cast<int>(unit), sign, variant)) continue;
          missing.push_back({task.layer, unit, sign, variant});
        }
      }
    }
  }
  if (missing.empty()) {
    reporter.note(fmt::format("pictures: all {} are in the atlas already", total));
    return;
  }
  const BestExemplars best = best_exemplars(atlas, tasks);
  std::map<std::string, std::string> hidden;
  const Network network = with_hidden_layers(source, tasks, hidden);
  const Renderer renderer(network, source.preprocessing, request.render);
  const Json settings = {
      {"microtome", provenance.version}, {"network", provenance.network_hash}, {"settings", provenance.settings}};
  std::atomic<int64_t> silent{0};
  {
    Task progress(reporter, "rendering", total, "pictures", total - static_cast<int64_t>(missing.size()));
    parallel_for(request.threads, static_cast<int64_t>(missing.size()), [&](int, int64_t index) {
      throw_if_stopped();
      use_one_kernel_thread();
      const PictureTask& task = missing[static_cast<size_t>(index)];
      const std::string objective = objective_of(task, hidden);
      const Picture picture = renderer.render(objective, static_cast<uint64_t>(task.variant));
      if (!picture.started) ++silent;
      atlas.put_picture(run, to_record(task, objective, picture, renderer, best, settings));
      progress.advance();
    });
  }
  atlas.end_run(run);
  if (silent > 0)
    reporter.warn(fmt::format("{} of {} pictures did not start: their gradient is zero everywhere", silent.load(),
                              missing.size()));
}

}  // namespace microtome
