// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/shuffled_labels.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "microtome/base/platform.h"
#include "microtome/base/workers.h"

namespace microtome {
namespace {

// Whether an IoU or a union depends on the label.
std::vector<bool> needed_labels(const TallyContext& context) {
  const Candidates candidates = candidates_of(context.labels, context.settings);
  std::vector<bool> needed(context.labels.totals().truth.size());
  for (size_t label = 0; label < needed.size(); ++label) {
    const bool joins = context.settings.convention->union_rule == UnionRule::kMaskCategory &&
                       context.labels.totals().images[label] > 0;
    needed[label] = joins || candidates.contains(static_cast<int>(label));
  }
  return needed;
}

size_t side_bytes(const TallyContext& context) {
  const std::vector<bool> needed = needed_labels(context);
  const auto sums =
      static_cast<size_t>(std::count(needed.begin(), needed.end(), true) + context.labels.index().category_count());
  return std::max<size_t>(1, sums * static_cast<size_t>(context.settings.permutations) * sizeof(uint32_t));
}

}  // namespace

ShuffledLabels::ShuffledLabels(const SurveyState& survey, const TallyContext& context, int64_t most_sum)
    : survey_(survey),
      context_(context),
      convention_(*context.settings.convention),
      grids_(survey.layer, convention_.upsampling),
      candidates_(candidates_of(context.labels, context.settings)),
      order_(context.labels.images().size()),
      label_sums_(needed_labels(context)),
      most_sum_(most_sum) {
  std::iota(order_.begin(), order_.end(), 0);
  const auto grid = [&](int place) {
    const LabelRuns& labels = context.labels.images()[static_cast<size_t>(place)].labels;
    return std::pair(labels.width(), labels.height());
  };
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return grid(a) < grid(b); });
  const std::vector<bool> needed = needed_labels(context);
  for (size_t label = 0; label < needed.size(); ++label) {
    if (needed[label]) summed_.push_back(static_cast<int>(label));
  }
  // What many images add to lies close together.
  const std::vector<int64_t>& images = context.labels.totals().images;
  std::stable_sort(summed_.begin(), summed_.end(),
                   [&](int a, int b) { return images[static_cast<size_t>(a)] > images[static_cast<size_t>(b)]; });
  categories_ = static_cast<size_t>(context.labels.index().category_count());
  side_lines_ = (categories_ + summed_.size() + kLine - 1) / kLine;
  slots_.assign(needed.size(), kNoSlot);
  for (size_t i = 0; i < summed_.size(); ++i) slots_[static_cast<size_t>(summed_[i])] = categories_ + i;
}

int64_t ShuffledLabels::sides_at_once(const SurveyState& survey, const TallyContext& context) {
  // A mask takes about a hundred and thirty bytes.
  constexpr size_t kSumBytes = size_t{16} << 20, kMasks = size_t{1} << 20;
  size_t masks = 1;
  for (const HotCells& side : survey.sides) masks = std::max(masks, side.store().regions.size());
  return static_cast<int64_t>(std::max<size_t>(1, std::min(kSumBytes / side_bytes(context), kMasks / masks)));
}

void ShuffledLabels::run(size_t first, std::span<const MaskLevel> levels, std::span<std::vector<double>> nulls) {
  first_side_ = first;
  levels_ = levels;
  gather();
  grid_ = 0;
  const auto permutations = static_cast<size_t>(context_.settings.permutations);
  lines_.assign(levels.size() * permutations * side_lines_, {});
  drained_.clear();
  bound_ = 0;
  const LabelRuns* grid = nullptr;
  for (const int place : order_) {
    throw_if_stopped();
    const LabelledImage& image = context_.labels.images()[static_cast<size_t>(place)];
    if (grid == nullptr || grid->width() != image.labels.width() || grid->height() != image.labels.height()) {
      ++grid_;
      pieces_.clear();
    }
    grid = &image.labels;
    label_sums_.set(image.labels);
    drain_before(image);
    find_targets(image);
    find_pairs(static_cast<size_t>(place));
    add_pairs(image);
  }
  for (size_t side = 0; side < levels.size(); ++side) {
    nulls[side].clear();
    for (size_t r = 0; r < permutations; ++r) {
      nulls[side].push_back(best_iou((side * permutations + r) * side_lines_ * kLine));
    }
  }
}

void ShuffledLabels::find_pairs(size_t place) {
  const auto permutations = static_cast<size_t>(context_.settings.permutations);
  const LabelRuns& grid = context_.labels.images()[place].labels;
  const int* givers = &context_.givers[place * permutations];
  pairs_.clear();
  for (size_t r = 0; r < permutations; ++r) {
    const auto giver = static_cast<size_t>(givers[r]);
    for (size_t i = first_mask_[giver]; i < first_mask_[giver + 1]; ++i) {
      Mask& mask = masks_[i];
      if (mask.grid != grid_) lay(grid, mask);
      if (mask.on > 0) pairs_.push_back({&mask, lines_[(mask.side * permutations + r) * side_lines_].sums});
    }
  }
}

void ShuffledLabels::add_pairs(const LabelledImage& image) {
  // The sums of all sides and permutations are more than the caches near the processor hold, and are met in no order.
  constexpr size_t kAhead = 6;
  for (size_t i = 0; i < pairs_.size(); ++i) {
    if (i + kAhead < pairs_.size()) {
      for (const size_t line : targets_.lines) prefetch_for_writing(pairs_[i + kAhead].sums + line * kLine);
    }
    add(image, *pairs_[i].mask, pairs_[i].sums);
  }
}

void ShuffledLabels::drain_before(const LabelledImage& image) {
  const size_t repeats = label_sums_.labels().size() + image.labels.whole_image().size() + 1;
  const int64_t most = image.labels.pixels() * static_cast<int64_t>(repeats);
  bound_ += most;
  if (bound_ <= most_sum_) return;
  drained_.resize(lines_.size() * kLine);
  for (size_t i = 0; i < drained_.size(); ++i) drained_[i] += std::exchange(lines_[i / kLine].sums[i % kLine], 0);
  bound_ = most;
}

void ShuffledLabels::gather() {
  // Twice over the regions: how many masks each place has, then which.
  const size_t places = context_.labels.images().size();
  const auto each = [&](auto&& visit) {
    for (size_t i = 0; i < levels_.size(); ++i) {
      const CellStore& store = survey_.sides[first_side_ + i].store();
      for (uint32_t region = 0; region < store.regions.size(); ++region) {
        const int place = context_.labels.position(store.regions[region].image);
        if (place < 0 || !may_be_on(store.regions[region], levels_[i], convention_.upsampling)) continue;
        visit(static_cast<size_t>(place), static_cast<uint32_t>(i), region);
      }
    }
  };
  first_mask_.assign(places + 1, 0);
  each([&](size_t place, uint32_t, uint32_t) { ++first_mask_[place + 1]; });
  std::partial_sum(first_mask_.begin(), first_mask_.end(), first_mask_.begin());
  masks_.resize(first_mask_.back());
  std::vector<size_t> next(first_mask_.begin(), first_mask_.end() - 1);
  each([&](size_t place, uint32_t side, uint32_t region) { masks_[next[place]++] = {side, region}; });
}

void ShuffledLabels::lay(const LabelRuns& grid, Mask& mask) {
  spans_.clear();
  laying_.lay_on(survey_, first_side_ + mask.side, mask.region, levels_[mask.side],
                 grids_.of(grid.width(), grid.height()), spans_);
  mask.grid = grid_;
  mask.on = 0;
  for (const MaskSpan& span : spans_) mask.on += span.end - span.begin;
  mask.first_piece = static_cast<uint32_t>(pieces_.size());
  LabelSums::cut(spans_, grid.width(), pieces_);
  mask.pieces = static_cast<uint32_t>(pieces_.size()) - mask.first_piece;
}

void ShuffledLabels::find_targets(const LabelledImage& image) {
  const ConceptIndex& index = context_.labels.index();
  targets_.lanes.clear();
  targets_.whole.clear();
  for (const int label : label_sums_.labels()) targets_.lanes.push_back(slots_[static_cast<size_t>(label)]);
  const auto join = [&](int label) {
    const size_t slot = slots_[static_cast<size_t>(label)];
    if (slot != kNoSlot) targets_.whole.push_back(slot);
  };
  for (const int label : image.labels.whole_image()) join(label);
  if (zero_counts(convention_, image)) join(0);
  counts_.resize(label_sums_.room());
  for (int category = 0; category < index.category_count(); ++category) {
    if (convention_.union_rule == UnionRule::kMaskCategory) break;
    const bool joins = joins_union(convention_, index, image, {}, category);
    if (joins) targets_.whole.push_back(static_cast<size_t>(category));
  }
  targets_.lines.clear();
  for (const auto* slots : {&targets_.lanes, &targets_.whole}) {
    for (const size_t slot : *slots) targets_.lines.push_back(slot / kLine);
  }
  std::sort(targets_.lines.begin(), targets_.lines.end());
  targets_.lines.erase(std::unique(targets_.lines.begin(), targets_.lines.end()), targets_.lines.end());
}

void ShuffledLabels::add(const LabelledImage& image, const Mask& mask, uint32_t* sums) {
  label_sums_.count(std::span(pieces_).subspan(mask.first_piece, mask.pieces), counts_.data());
  const size_t* lanes = targets_.lanes.data();
  for (size_t lane = 0; lane < targets_.lanes.size(); ++lane) sums[lanes[lane]] += counts_[lane];
  for (const size_t slot : targets_.whole) sums[slot] += static_cast<uint32_t>(mask.on);
  if (convention_.union_rule == UnionRule::kMaskCategory) join_mask_categories(image, mask.on, sums);
}

void ShuffledLabels::join_mask_categories(const LabelledImage& image, int64_t on, uint32_t* sums) {
  const ConceptIndex& index = context_.labels.index();
  here_.clear();
  for (size_t lane = 0; lane < label_sums_.labels().size(); ++lane) {
    if (counts_[lane] > 0) here_.emplace_back(label_sums_.labels()[lane], counts_[lane]);
  }
  for (const int label : image.labels.whole_image()) here_.emplace_back(label, on);
  for (int category = 0; category < index.category_count(); ++category) {
    const bool joins = joins_union(convention_, index, image, here_, category);
    if (joins) sums[category] += static_cast<uint32_t>(on);
  }
}

double ShuffledLabels::best_iou(size_t first_sum) const {
  const auto sum = [&](size_t slot) {
    const size_t at = first_sum + slot;
    return lines_[at / kLine].sums[at % kLine] + (drained_.empty() ? 0 : drained_[at]);
  };
  const std::vector<int64_t>& truth = context_.labels.totals().truth;
  double best = 0;
  for (const int label : summed_) {
    const int64_t intersection = sum(slots_[static_cast<size_t>(label)]);
    if (intersection == 0 || !candidates_.contains(label)) continue;
    const int category = scored_category(convention_, context_.labels.index(), label);
    const int64_t activation = sum(static_cast<size_t>(category));
    best = std::max(best, intersection_over_union(intersection, activation, truth[static_cast<size_t>(label)]));
  }
  return best;
}

}  // namespace microtome
