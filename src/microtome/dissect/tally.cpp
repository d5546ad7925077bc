// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/params.h"
#include "microtome/base/workers.h"
#include "microtome/dissect/ranges.h"
#include "microtome/dissect/shuffled_labels.h"
#include "microtome/dissect/unit_tally.h"

namespace microtome {
namespace {

std::vector<int64_t> sorted_images(std::vector<int64_t> images, int64_t size) {
  std::sort(images.begin(), images.end());
  if (std::adjacent_find(images.begin(), images.end()) != images.end()) {
    throw Error(ErrorKind::kUsage, "survey", "an image was added twice");
  }
  if (!images.empty() && (images.front() < 0 || images.back() >= size)) {
    throw Error(ErrorKind::kUsage, "survey", "surveyed images are not in the concept set",
                "finish with the set of the pass");
  }
  return images;
}

void check_tails(const Survey& survey, const TallySettings& settings) {
  const double kept = std::max(survey.settings().tail, survey.settings().keep);
  for (const double tail : settings.tails) {
    if (tail > 0 && tail <= kept) continue;
    throw Error(ErrorKind::kUsage, "tails",
                fmt::format("the tail {} is not within the {} that the survey kept", tail, kept));
  }
}

std::vector<bool> allowed_labels(const LabelStore& labels, const TallySettings& settings) {
  const Candidates candidates = candidates_of(labels, settings);
  std::vector<bool> allowed(labels.totals().truth.size());
  for (size_t label = 1; label < allowed.size(); ++label) allowed[label] = candidates.contains(static_cast<int>(label));
  return allowed;
}

TallyContext make_context(const LabelStore& labels, const TallySettings& settings, int threads) {
  TallyContext context{labels,
                       settings,
                       givers_of(draw_permutations(settings.seed, settings.permutations, labels.images().size())),
                       {},
                       {}};
  if (settings.formulas.length > 0) context.signatures.emplace(labels, allowed_labels(labels, settings), threads);
  if (settings.bootstrap > 0) context.resampling.emplace(settings.seed, settings.bootstrap, labels);
  return context;
}

// Sides that a thread takes at once.
int64_t sides_of_a_block(const SurveyState& survey, const TallyContext& context, int threads) {
  if (context.settings.permutations == 0) return 1;
  const auto sides = static_cast<int64_t>(survey.sides.size());
  const int64_t share = (sides + std::max(1, threads) - 1) / std::max(1, threads);
  return std::max<int64_t>(1, std::min(share, ShuffledLabels::sides_at_once(survey, context)));
}

void warn_of_no_candidate(const LabelStore& labels, const TallySettings& settings, Reporter& reporter) {
  const Candidates candidates = candidates_of(labels, settings);
  for (int label = 0; label <= labels.index().max_label(); ++label) {
    if (candidates.contains(label)) return;
  }
  reporter.warn(labels.index().max_label() == 0
                    ? "the set has no labels, so that no unit gets one; exemplars are found all the same"
                    : fmt::format("no label is in {} of the {} images, so that no unit gets one: lower `min-images`",
                                  std::max<int64_t>(1, candidates.min_images), labels.images().size()));
}

}  // namespace

struct Tally::State {
  State(const ConceptSet& concepts, std::vector<int64_t> seen, const TallySettings& asked, int thread_count,
        Reporter& to)
      : settings(asked),
        threads(thread_count),
        reporter(to),
        images(sorted_images(std::move(seen), concepts.size())),
        labels(concepts, images, {settings.convention->repeats, settings.convention->zero, settings.strict}, threads,
               reporter),
        context(make_context(labels, settings, threads)) {}

  TallySettings settings;
  int threads;
  Reporter& reporter;
  std::vector<int64_t> images;  // that were surveyed, rising
  LabelStore labels;
  TallyContext context;
  std::vector<LayerDissection> layers;
};

Tally::Tally(const ConceptSet& concepts, std::vector<int64_t> images, const TallySettings& settings, int threads,
             Reporter& reporter) {
  check_ranges(settings, "tally");
  state_ = std::make_unique<State>(concepts, std::move(images), settings, threads, reporter);
  for (const auto& image : unreadable()) reporter.warn("left out of the tally: " + image.reason);
  warn_of_no_candidate(labels(), settings, reporter);
}
Tally::Tally(Tally&&) noexcept = default;
Tally::~Tally() = default;

void Tally::add(const Survey& survey, std::span<const int64_t> units, const RangeTally* ranges) {
  State& s = *state_;
  check_tails(survey, s.settings);
  const SurveyState& of = survey.state();
  const SurveyLayer& shape = of.layer;
  std::vector<int64_t> seen = of.images;
  std::sort(seen.begin(), seen.end());
  if (seen != s.images) {
    throw Error(ErrorKind::kUsage, shape.name, "saw other images than the tally was made for",
                "add each image to every survey");
  }
  auto layer = std::find_if(s.layers.begin(), s.layers.end(),
                            [&](const LayerDissection& known) { return known.layer == shape.name; });
  if (layer == s.layers.end()) {
    const auto count = static_cast<int64_t>(s.labels.images().size());
    s.layers.push_back({shape.name, shape.map_width, shape.map_height, of.settings.tail, count, {}});
    layer = s.layers.end() - 1;
  }
  const size_t first = layer->units.size();
  layer->units.resize(first + of.sides.size());
  struct Worker {
    Worker(const SurveyState& survey, const TallyContext& context) : units(survey, context), nulls(survey, context) {}
    UnitTally units;
    ShuffledLabels nulls;
  };
  std::vector<std::unique_ptr<Worker>> workers(static_cast<size_t>(std::max(1, s.threads)));
  const auto sides = static_cast<int64_t>(of.sides.size());
  const int64_t block = sides_of_a_block(of, s.context, s.threads);
  Task task(s.reporter, "labelling " + shape.name, sides, "units");
  parallel_for(s.threads, (sides + block - 1) / block, [&](int number, int64_t piece) {
    auto& worker = workers[static_cast<size_t>(number)];
    if (!worker) worker = std::make_unique<Worker>(of, s.context);
    const auto begin = static_cast<size_t>(piece * block), end = std::min(of.sides.size(), begin + block);
    std::vector<MaskLevel> levels;
    for (size_t side = begin; side < end; ++side) {
      throw_if_stopped();
      const auto in_survey = static_cast<size_t>(of.unit_of(side));
      const int64_t unit = units.empty() ? static_cast<int64_t>(in_survey) : units[in_survey];
      UnitDissection& out = layer->units[first + side];
      out = worker->units.run(side, unit);
      if (ranges != nullptr) out.ranges = ranges->scores(side);
      levels.push_back(mask_level(of, side, out.threshold, *s.settings.convention));
    }
    if (s.settings.permutations > 0) {
      std::vector<std::vector<double>> shuffled(end - begin);
      worker->nulls.run(begin, levels, shuffled);
      for (size_t i = 0; i < shuffled.size(); ++i) layer->units[first + begin + i].shuffled = std::move(shuffled[i]);
    }
    task.advance(static_cast<int64_t>(end - begin));
  });
}

std::vector<LayerDissection> Tally::finish() {
  const auto who = [](const UnitDissection& unit) { return SignedUnit{unit.unit, unit.sign}; };
  for (LayerDissection& layer : state_->layers) {
    std::ranges::sort(layer.units, {}, who);
    adjust_for_multiplicity(layer.units);
    layer.convention = state_->settings.convention->name;
    layer.upsampling = upsampling_text(state_->settings.convention->upsampling);
  }
  return std::exchange(state_->layers, {});
}

const LabelStore& Tally::labels() const { return state_->labels; }
const std::vector<LabelStore::Unreadable>& Tally::unreadable() const { return state_->labels.unreadable(); }
size_t Tally::bytes() const { return state_->labels.bytes(); }

int64_t label_bytes(const ConceptSet& concepts) {
  constexpr int64_t kLooks = 16;
  int64_t bytes = 0, read = 0;
  for (int64_t look = 0; look < std::min(kLooks, concepts.size()); ++look) {
    const int64_t image = look * concepts.size() / std::min(kLooks, concepts.size());
    try {
      bytes += static_cast<int64_t>(
          LabelRuns(concepts.labels(image), concepts.index().max_label(), false, "labels").bytes());
      ++read;
    } catch (const Error&) {
      // What cannot be read is named when all labels are.
    }
  }
  // An image's totals, categories and places take about as much as two hundred bytes.
  constexpr int64_t kRest = 200;
  return read > 0 ? (bytes / read + kRest) * concepts.size() : 0;
}

}  // namespace microtome
