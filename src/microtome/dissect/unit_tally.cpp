// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/unit_tally.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "microtome/base/rng.h"
#include "microtome/dissect/detectors.h"
#include "microtome/dissect/selfcheck.h"

namespace microtome {
namespace {

std::vector<Exemplar> exemplars_of(const ExemplarShelf& shelf, int count, Sign sign) {
  const auto size = std::min(shelf.exemplars.size(), static_cast<size_t>(count));
  std::vector<Exemplar> out(shelf.exemplars.begin(), shelf.exemplars.begin() + static_cast<ptrdiff_t>(size));
  if (sign == Sign::kNegative) {
    for (Exemplar& exemplar : out) exemplar.activation = -exemplar.activation;
  }
  return out;
}

// What the survey alone says of a side.
UnitDissection describe_side(const SurveyState& survey, size_t side) {
  UnitDissection unit;
  unit.sign = survey.sign_of(side);
  if (survey.images.empty()) return unit;
  const UnitSurvey& of_unit = survey.units[static_cast<size_t>(survey.unit_of(side))];
  const bool positive = unit.sign == Sign::kPositive;
  unit.minimum = positive ? of_unit.minimum : -of_unit.maximum;
  unit.maximum = positive ? of_unit.maximum : -of_unit.minimum;
  unit.histogram = of_unit.counts.histogram(unit.minimum, unit.maximum, survey.settings.bins, unit.sign);
  unit.top = exemplars_of(positive ? of_unit.high : of_unit.low, survey.settings.top, unit.sign);
  unit.bottom = exemplars_of(positive ? of_unit.low : of_unit.high, survey.settings.bottom, unit.sign);
  return unit;
}

}  // namespace

UnitTally::UnitTally(const SurveyState& survey, const TallyContext& context)
    : survey_(survey),
      context_(context),
      convention_(*context.settings.convention),
      grids_(survey.layer, convention_.upsampling),
      candidates_(candidates_of(context.labels, context.settings)),
      counts_(context.labels.totals().truth.size()),
      all_(context.labels.index()),
      train_(context.labels.index()),
      held_out_(context.labels.index()) {
  if (!context.signatures) return;
  search_.emplace(*context.signatures, context.labels, context.settings.formulas);
  signature_counts_.resize(context.signatures->size());
}

MaskLevel UnitTally::level(size_t side, double tail) {
  const float threshold = convention_.pixel_quantile ? pixel_threshold(survey_, side, tail, context_.labels, grids_)
                                                     : side_threshold(survey_, side, tail);
  return mask_level(survey_, side, threshold, convention_);
}

UnitDissection UnitTally::run(size_t side, int64_t number) {
  UnitDissection unit = describe_side(survey_, side);
  unit.unit = number;
  // First, because they use the masks' memory.
  set_tails(side, unit);
  level_ = level(side, survey_.settings.tail);
  unit.threshold = level_.threshold;
  masks_.lay(survey_, side, level_, context_.labels, grids_);
  count_side();
  unit.on_pixels = all_.on_pixels;
  unit.on_images = all_.on_images;
  score_concepts(all_, context_.labels.totals(), candidates_, context_.settings.concepts, unit);
  rank_images(side);
  set_measures(unit);
  set_trials(side, unit);
  set_held_out(unit);
  set_interval(unit);
  set_formulas(unit);
  set_typical(side, unit);
  return unit;
}

void UnitTally::count_side() {
  for (Overlap* overlap : {&all_, &train_, &held_out_}) overlap->clear();
  overlaps_.clear();
  first_overlap_.assign(1, 0);
  for (size_t i = 0; i < masks_.masks().size(); ++i) {
    const ImageMask& mask = masks_.masks()[i];
    const LabelledImage& image = context_.labels.images()[static_cast<size_t>(mask.place)];
    image.labels.count(masks_.spans(mask), counts_);
    for (const int label : counts_.touched()) overlaps_.emplace_back(label, counts_[label]);
    counts_.clear();
    first_overlap_.push_back(overlaps_.size());
    if (mask.on == 0) continue;
    const ConceptIndex& index = context_.labels.index();
    add_overlap(convention_, index, image, overlap_of(i), mask.on, all_);
    add_overlap(convention_, index, image, overlap_of(i), mask.on, image.train ? train_ : held_out_);
  }
}

void UnitTally::set_held_out(UnitDissection& unit) {
  const LabelStore& labels = context_.labels;
  if (labels.train_totals().pixels == 0 || labels.held_out_totals().pixels == 0) return;
  UnitDissection trained;
  score_concepts(train_, labels.train_totals(), candidates_, 0, trained);
  unit.held_out.emplace();
  if (trained.best.intersection == 0) return;
  unit.held_out->label = trained.best.label;
  unit.held_out->train_iou = trained.best.iou;
  unit.held_out->iou = score_label(held_out_, labels.held_out_totals(), candidates_, trained.best.label).iou;
}

void UnitTally::set_interval(UnitDissection& unit) {
  if (!context_.resampling || unit.best.intersection == 0) return;
  const ConceptIndex& index = context_.labels.index();
  std::vector<ImageShare> shares;
  for (size_t i = 0; i < masks_.masks().size(); ++i) {
    const ImageMask& mask = masks_.masks()[i];
    const LabelledImage& image = context_.labels.images()[static_cast<size_t>(mask.place)];
    ImageShare share{mask.place, 0, 0};
    for (const auto& [label, count] : overlap_of(i)) share.intersection += label == unit.best.label ? count : 0;
    const bool joins = joins_union(convention_, index, image, overlap_of(i), unit.best.category);
    share.activation = joins ? mask.on : 0;
    if (share.intersection + share.activation > 0) shares.push_back(share);
  }
  unit.interval = bootstrap_interval(*context_.resampling, unit.best.label, shares);
}

void UnitTally::rank_images(size_t side) {
  const LabelStore& labels = context_.labels;
  const UnitSurvey& of_unit = survey_.units[static_cast<size_t>(survey_.unit_of(side))];
  peaks_.resize(labels.images().size());
  const bool positive = survey_.sign_of(side) == Sign::kPositive;
  for (size_t i = 0; i < survey_.images.size(); ++i) {
    const int place = labels.position(survey_.images[i]);
    if (place >= 0) peaks_[static_cast<size_t>(place)] = positive ? of_unit.highs[i] : -of_unit.lows[i];
  }
  ranked_.emplace(peaks_);
}

void UnitTally::set_measures(UnitDissection& unit) {
  const LabelStore& labels = context_.labels;
  const auto measure = [&](ConceptScore& score) {
    if (score.intersection == 0) return;
    measure_pixels(score.intersection, unit.on_pixels, score.truth, labels.totals().pixels, score.measures);
    ranked_->measure(labels.carriers(score.label), score.measures);
  };
  measure(unit.best);
  for (ConceptScore& score : unit.by_category) measure(score);
  for (ConceptScore& score : unit.top_concepts) measure(score);
}

void UnitTally::set_trials(size_t side, UnitDissection& unit) {
  if (!context_.settings.selfcheck || unit.best.label == 0 || unit.best.iou < kDetectorCut) return;
  const LabelStore& labels = context_.labels;
  const std::string purpose = "wrong labels of " + survey_.layer.name + sign_char(unit.sign);
  for (int draw = 0; draw < kLabelDraws; ++draw) {
    WrongLabels wrong(context_.settings.seed, purpose, draw, unit, labels, convention_);
    if (wrong.empty()) return;
    for (size_t i = 0; i < masks_.masks().size(); ++i) {
      const ImageMask& mask = masks_.masks()[i];
      int64_t given = 0;
      if (const int donor = wrong.donor(mask.place); donor >= 0) {
        const LabelRuns& from = labels.images()[static_cast<size_t>(donor)].labels;
        int64_t on = 0;
        from.count(spans_on(mask, side, from, on), counts_);
        given = counts_[unit.best.label];
        counts_.clear();
      }
      wrong.add(mask.place, overlap_of(i), mask.on, given);
    }
    const std::vector<ScoreTrial> trials = wrong.trials(*ranked_, peaks_);
    if (draw == 0) unit.trials.assign(trials.size(), {});
    for (size_t i = 0; i < trials.size(); ++i) {
      unit.trials[i].score = trials[i].score;
      unit.trials[i].before = trials[i].before;
      unit.trials[i].missing += trials[i].missing / kLabelDraws;
      unit.trials[i].extra += trials[i].extra / kLabelDraws;
    }
  }
}

void UnitTally::set_tails(size_t side, UnitDissection& unit) {
  for (const double tail : context_.settings.tails) {
    TailScore score;
    score.tail = tail;
    const MaskLevel cut = level(side, tail);
    score.threshold = cut.threshold;
    masks_.lay(survey_, side, cut, context_.labels, grids_);
    count_side();
    score.on_pixels = all_.on_pixels;
    UnitDissection at_tail;
    score_concepts(all_, context_.labels.totals(), candidates_, 0, at_tail);
    score.best = at_tail.best;
    unit.tails.push_back(score);
  }
}

void UnitTally::set_formulas(UnitDissection& unit) {
  if (!search_) return;
  std::vector<uint32_t> touched;
  for (const ImageMask& mask : masks_.masks()) {
    context_.signatures->count(mask.place, masks_.spans(mask), signature_counts_, touched);
  }
  std::vector<std::pair<uint32_t, int64_t>> on;
  for (const uint32_t signature : touched) {
    on.emplace_back(signature, signature_counts_[signature]);
    signature_counts_[signature] = 0;
  }
  unit.formulas = search_->run(on);
}

void UnitTally::set_typical(size_t side, UnitDissection& unit) {
  // Each image draws a number; those with the smallest are taken.
  std::vector<std::pair<uint32_t, size_t>> draws;
  for (size_t i = 0; i < masks_.masks().size(); ++i) {
    if (masks_.masks()[i].on == 0) continue;
    const int64_t image = context_.labels.images()[static_cast<size_t>(masks_.masks()[i].place)].image;
    const std::string purpose = "typical images of " + survey_.layer.name + sign_char(unit.sign);
    Rng rng(context_.settings.seed, purpose, static_cast<uint64_t>(unit.unit), static_cast<uint64_t>(image));
    draws.emplace_back(rng.next(), i);
  }
  const auto count = std::min(draws.size(), static_cast<size_t>(context_.settings.typical));
  std::partial_sort(draws.begin(), draws.begin() + static_cast<ptrdiff_t>(count), draws.end());
  const CellStore& store = survey_.sides[side].store();
  const float factor = unit.sign == Sign::kPositive ? 1.0F : -1.0F;
  for (size_t i = 0; i < count; ++i) {
    const ImageMask& mask = masks_.masks()[draws[i].second];
    const HotRegion& region = store.regions[mask.region];
    Exemplar exemplar{region.image, region.peak, survey_.layer.map_width, survey_.layer.map_height, {}};
    // Below the threshold by more than a coarse copy of the map rounds; cells beside one that is on are all kept.
    const float height = level_.at_top ? unit.threshold - unit.minimum : region.peak - unit.threshold;
    paint(survey_.layer, store, mask.region, unit.threshold - height / 256, 0, exemplar.map);
    for (float& value : exemplar.map) value *= factor;
    unit.typical.push_back(std::move(exemplar));
  }
  std::sort(unit.typical.begin(), unit.typical.end(),
            [](const Exemplar& a, const Exemplar& b) { return a.image < b.image; });
}

std::span<const MaskSpan> UnitTally::spans_on(const ImageMask& mask, size_t side, const LabelRuns& grid, int64_t& on) {
  const LabelRuns& own = context_.labels.images()[static_cast<size_t>(mask.place)].labels;
  on = mask.on;
  if (grid.width() == own.width() && grid.height() == own.height()) return masks_.spans(mask);
  foreign_.clear();
  masks_.lay_on(survey_, side, mask.region, level_, grids_.of(grid.width(), grid.height()), foreign_);
  on = 0;
  for (const MaskSpan& span : foreign_) on += span.end - span.begin;
  return foreign_;
}

}  // namespace microtome
