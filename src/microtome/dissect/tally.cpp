// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/dissect/row_tally.h"

namespace microtome {
namespace {

std::vector<int64_t> images_of(std::span<const Survey> surveys, int64_t size) {
  std::vector<int64_t> images;
  for (const Survey& survey : surveys) {
    std::vector<int64_t> sorted = survey.images();
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      throw Error(ErrorKind::kUsage, survey.layer().name, "an image was added twice");
    }
    if (!sorted.empty() && sorted.back() >= size) {
      throw Error(ErrorKind::kUsage, survey.layer().name, "surveyed images are not in the concept set",
                  "finish with the set of the pass");
    }
    if (&survey != &surveys.front() && sorted != images) {
      throw Error(ErrorKind::kUsage, survey.layer().name,
                  fmt::format("saw other images than layer \"{}\"", surveys.front().layer().name),
                  "add each image to every survey");
    }
    images = std::move(sorted);
  }
  return images;
}

void check_tails(std::span<const Survey> surveys, const TallySettings& settings) {
  for (const Survey& survey : surveys) {
    const double kept = std::max(survey.settings().tail, survey.settings().keep);
    for (const double tail : settings.tails) {
      if (tail > 0 && tail <= kept) continue;
      throw Error(ErrorKind::kUsage, "tails",
                  fmt::format("the tail {} is not within the {} that the survey kept", tail, kept));
    }
  }
}

LayerDissection dissect_layer(const SurveyState& survey, const TallyContext& context, int threads, Reporter& reporter) {
  const SurveyLayer& shape = survey.layer;
  LayerDissection out{shape.name,
                      shape.map_width,
                      shape.map_height,
                      survey.settings.tail,
                      static_cast<int64_t>(context.labels.images().size()),
                      {}};
  out.units.resize(survey.rows.size());
  std::vector<std::vector<double>> nulls(survey.rows.size());
  std::vector<std::unique_ptr<RowTally>> workers(static_cast<size_t>(std::max(1, threads)));
  Task task(reporter, "labelling " + shape.name, static_cast<int64_t>(survey.rows.size()), "units");
  parallel_for(threads, static_cast<int64_t>(survey.rows.size()), [&](int worker, int64_t row) {
    throw_if_stopped();
    auto& tally = workers[static_cast<size_t>(worker)];
    if (!tally) tally = std::make_unique<RowTally>(survey, context);
    const auto slot = static_cast<size_t>(row);
    out.units[slot] = tally->run(slot, nulls[slot]);
    task.advance();
  });
  for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
    std::vector<UnitDissection*> units;
    std::vector<std::vector<double>> of_units;
    for (size_t row = 0; row < out.units.size(); ++row) {
      if (out.units[row].sign != sign) continue;
      units.push_back(&out.units[row]);
      of_units.push_back(std::move(nulls[row]));
    }
    judge(units, of_units);
  }
  return out;
}

}  // namespace

SurveySettings dissection_needs(SurveySettings survey, const TallySettings& tally, const SurveyLayer& layer,
                                const ConceptSet& concepts) {
  const Convention& convention = *tally.convention;
  survey.keep = survey.tail;
  for (const double tail : tally.tails) survey.keep = std::max(survey.keep, tail);
  // No share of the cells is sure to hold a share of the pixels.
  if (convention.pixel_quantile) survey.keep = 1;
  survey.whole_below_zero = convention.upsampling == Upsampling::kZero;
  for (int64_t image = 0; image < concepts.size(); ++image) {
    const ConceptImage& info = concepts.image_info(image);
    survey.reach = std::max(survey.reach, Upsampler::reach(convention.upsampling, layer.map_width, layer.map_height,
                                                           info.label_width, info.label_height));
  }
  return survey;
}

Dissection finish(std::span<const Survey> surveys, const ConceptSet& concepts, const TallySettings& settings,
                  int threads, Reporter& reporter) {
  check_ranges(settings, "tally");
  check_tails(surveys, settings);
  const Convention& convention = *settings.convention;
  const LabelStore labels(concepts, images_of(surveys, concepts.size()),
                          {convention.repeats, convention.zero, settings.strict}, threads, reporter);
  for (const auto& image : labels.unreadable()) reporter.warn("left out of the tally: " + image.reason);
  TallyContext context{
      labels, settings, draw_permutations(settings.seed, settings.permutations, labels.images().size()), {}, {}};
  if (settings.formulas.length > 0) {
    const Candidates candidates{&convention, &labels.index(), &labels.totals().images,
                                settings.min_images > 0 ? settings.min_images : convention.min_images};
    std::vector<bool> allowed(labels.totals().truth.size());
    for (size_t label = 1; label < allowed.size(); ++label)
      allowed[label] = candidates.contains(static_cast<int>(label));
    context.signatures.emplace(labels, allowed, threads);
  }
  if (settings.bootstrap > 0) context.resampling.emplace(settings.seed, settings.bootstrap, labels);
  Dissection out{{}, labels.unreadable()};
  for (const Survey& survey : surveys) out.layers.push_back(dissect_layer(survey.state(), context, threads, reporter));
  return out;
}

}  // namespace microtome
