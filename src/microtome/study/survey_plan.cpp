// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/survey_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/dissect/ranges.h"
#include "microtome/network/eye.h"
#include "microtome/network/passes.h"

namespace microtome {

TallySettings tally_settings(const DissectRequest& request) {
  const DissectSettings& asked = request.dissection;
  TallySettings settings;
  settings.convention = &convention_named(asked.compat);
  settings.min_images = static_cast<int>(asked.min_images);
  settings.tails = asked.tails;
  settings.permutations = static_cast<int>(asked.permutations);
  settings.bootstrap = static_cast<int>(asked.bootstrap);
  constexpr int64_t kLongestOptimal = 3;
  if (asked.optimal && asked.formulas > kLongestOptimal) {
    throw Error(ErrorKind::kUsage, "optimal", "all formulas are tried up to three labels only",
                "use `formulas` 3, or the beam without `optimal`");
  }
  settings.formulas = {static_cast<int>(asked.formulas), static_cast<int>(asked.beam), asked.optimal};
  settings.ranges = static_cast<int>(asked.ranges);
  settings.selfcheck = asked.selfcheck;
  settings.typical = static_cast<int>(asked.exemplars);
  settings.seed = request.seed;
  settings.strict = request.strict;
  return settings;
}

SurveySettings survey_settings(const DissectRequest& study, const SurveyLayer& layer, const ConceptSet& concepts) {
  const DissectSettings& request = study.dissection;
  const TallySettings tally = tally_settings(study);
  SurveySettings settings;
  settings.tail = request.tail > 0 ? request.tail : tally.convention->tail;
  settings.top = settings.bottom = static_cast<int>(request.exemplars);
  const std::vector<Sign> signs = parse_signs(request.signs, "dissect-signs");
  settings.positive = signs.front() == Sign::kPositive;
  settings.negative = signs.back() == Sign::kNegative;
  return dissection_needs(settings, tally, layer, concepts);
}

SurveyLayer survey_layer(const Network& network, const LayerTask& task, int64_t images) {
  const Layer& layer = network.layer(task.layer);
  check_takes_pictures(network);
  SurveyLayer out;
  out.name = layer.name;
  out.units = static_cast<int>(task.units.size());
  out.images = images;
  if (layer.shape.size() == 3) {
    out.map_height = static_cast<int>(layer.shape[1]);
    out.map_width = static_cast<int>(layer.shape[2]);
  } else if (layer.shape.size() == 1) {
    out.map_height = out.map_width = 1;
  } else {
    const auto grid = token_grid(network, layer);
    throw Error(ErrorKind::kUnsupported, layer.name,
                fmt::format("a layer with {} axes has no activation maps to dissect", layer.shape.size()),
                grid ? fmt::format("make its tokens maps of {} x {}: {}~grid", grid->height, grid->width, layer.name)
                     : "choose a convolutional or fully connected layer");
  }
  const ReceptiveField& field = layer.receptive_field;
  out.across = {field.start[0], field.size[0], field.step[0], network.width()};
  out.down = {field.start[1], field.size[1], field.step[1], network.height()};
  return out;
}

namespace {

// Of a layer with so many units.
SurveyBytes bytes_of(const Source& source, const LayerTask& task, size_t units, const ConceptSet& concepts,
                     const DissectRequest& request) {
  SurveyLayer layer = survey_layer(source.network, task, concepts.size());
  const SurveySettings settings = survey_settings(request, layer, concepts);
  layer.units = static_cast<int>(units);
  SurveyBytes bytes = survey_bytes(layer, settings);
  const int64_t rows = layer.units * (settings.positive + settings.negative);
  const int64_t ranges = range_bytes(rows, static_cast<int>(request.dissection.ranges), concepts.index());
  bytes.usual += ranges, bytes.most += ranges;
  return bytes;
}

void grow_to(SurveyPlan& plan, const SurveyBytes& bytes) {
  plan.usual = std::max(plan.usual, bytes.usual);
  plan.most = std::max(plan.most, bytes.most);
}

int64_t activation_bytes(const Source& source, const std::vector<LayerTask>& tasks, int64_t batch) {
  int64_t numbers = 0;
  for (const LayerTask& task : tasks) {
    int64_t all = 1;
    for (const int64_t extent : source.network.layer(task.layer).shape) all *= extent;
    numbers += all;
  }
  return numbers * batch * static_cast<int64_t>(sizeof(float));
}

// Fills passes with as many units as fit, layer after layer.
void cut_into_blocks(SurveyPlan& plan, const Source& source, const std::vector<LayerTask>& tasks,
                     const ConceptSet& concepts, const DissectRequest& request, int64_t room) {
  SurveyBytes used;
  std::vector<LayerTask> pass;
  const auto close = [&] {
    if (pass.empty()) return;
    plan.passes.push_back(std::move(pass));
    grow_to(plan, used);
    pass.clear();
    used = {};
  };
  for (const LayerTask& task : tasks) {
    const SurveyBytes one = bytes_of(source, task, 1, concepts, request);
    for (size_t begin = 0; begin < task.units.size();) {
      const auto fit = static_cast<size_t>(std::max<int64_t>(0, (room - used.most) / one.most));
      const size_t count = std::min(fit, task.units.size() - begin);
      if (count == 0) {
        close();
        continue;
      }
      const auto first = task.units.begin() + static_cast<ptrdiff_t>(begin);
      pass.push_back({task.layer, {first, first + static_cast<ptrdiff_t>(count)}});
      used.usual += one.usual * static_cast<int64_t>(count), used.most += one.most * static_cast<int64_t>(count);
      begin += count;
    }
  }
  close();
}

}  // namespace

SurveyPlan plan_survey(const Source& source, const std::vector<LayerTask>& tasks, const ConceptSet& concepts,
                       const DissectRequest& request) {
  SurveyPlan plan;
  plan.labels = label_bytes(concepts);
  plan.activations = activation_bytes(source, tasks, request.batch);
  SurveyBytes all;
  int64_t largest_unit = 0;
  for (const LayerTask& task : tasks) {
    const SurveyBytes bytes = bytes_of(source, task, task.units.size(), concepts, request);
    all.usual += bytes.usual, all.most += bytes.most;
    largest_unit = std::max(largest_unit, bytes_of(source, task, 1, concepts, request).most);
  }
  const int64_t limit = request.memory_limit << 20, room = limit - plan.labels - plan.activations;
  if (limit == 0 || all.most <= room) {
    plan.passes = {tasks};
    grow_to(plan, all);
    return plan;
  }
  if (largest_unit > room) {
    throw Error(
        ErrorKind::kUsage, "memory-limit",
        fmt::format("{} MB are too few: labels and one batch of activations take {} MB and one unit up to {} MB",
                    request.memory_limit, (plan.labels + plan.activations) >> 20, (largest_unit >> 20) + 1),
        "allow more, or use a smaller `batch`");
  }
  cut_into_blocks(plan, source, tasks, concepts, request, room);
  return plan;
}

std::string describe_plan(const SurveyPlan& plan, const std::vector<LayerTask>& tasks, int64_t images, int64_t ranges) {
  size_t units = 0;
  for (const LayerTask& task : tasks) units += task.units.size();
  std::string passes = plan.passes.size() == 1 ? "one pass" : fmt::format("{} passes", plan.passes.size());
  if (ranges > 0) {
    passes += fmt::format(", and {} more for ranges: {} masks of whole maps an image",
                          plan.passes.size() == 1 ? "one" : "as many", static_cast<int64_t>(units) * ranges);
  }
  return fmt::format(
      "dissecting {} units of {} {} over {} images in {}; memory: survey about {} MB, at most {} MB, labels {} MB, "
      "activations {} MB",
      units, tasks.size(), tasks.size() == 1 ? "layer" : "layers", images, passes, plan.usual >> 20, plan.most >> 20,
      plan.labels >> 20, plan.activations >> 20);
}

}  // namespace microtome
