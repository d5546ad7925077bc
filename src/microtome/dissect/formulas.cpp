// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/formulas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <unordered_map>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"

namespace microtome {
namespace {

bool contains(std::span<const uint16_t> sorted, int label) {
  return std::find(sorted.begin(), sorted.end(), static_cast<uint16_t>(label)) != sorted.end();
}

// Longest first falls out last: higher IoU, then shorter, then by labels.
template <class Candidate>
bool before(const Candidate& a, const Candidate& b) {
  if (a.iou != b.iou) return a.iou > b.iou;
  const size_t lengths[] = {a.formula.labels.size(), b.formula.labels.size()};
  return lengths[0] != lengths[1] ? lengths[0] < lengths[1] : a.formula < b.formula;
}

std::string_view word(Connective connective) {
  switch (connective) {
    case Connective::kAnd:
      return "AND";
    case Connective::kOr:
      return "OR";
    case Connective::kAndNot:
      return "AND NOT";
  }
  return "";
}

}  // namespace

std::string formula_text(const Formula& formula, const ConceptIndex& index) {
  std::string text = index.display_name(formula.labels[0]);
  for (size_t i = 0; i < formula.connectives.size(); ++i) {
    // A chain of one connective needs no brackets, but for AND NOT, which reads as AND.
    const auto kind = [&](size_t at) { return formula.connectives[at] == Connective::kOr; };
    if (i > 0 && kind(i) != kind(i - 1)) text = fmt::format("({})", text);
    text += fmt::format(" {} {}", word(formula.connectives[i]), index.display_name(formula.labels[i + 1]));
  }
  return text;
}

bool holds(const Formula& formula, std::span<const uint16_t> sorted_labels) {
  bool value = contains(sorted_labels, formula.labels[0]);
  for (size_t i = 0; i < formula.connectives.size(); ++i) {
    const bool next = contains(sorted_labels, formula.labels[i + 1]);
    switch (formula.connectives[i]) {
      case Connective::kAnd:
        value = value && next;
        break;
      case Connective::kOr:
        value = value || next;
        break;
      case Connective::kAndNot:
        value = value && !next;
        break;
    }
  }
  return value;
}

Signatures::Signatures(const LabelStore& labels, const std::vector<bool>& candidates, int threads)
    : label_count_(candidates.size()), planes_(labels.images().size()), first_{0} {
  // Each image numbers its own sets first, so that threads need not meet; then the numbers are made common.
  struct Found {
    std::vector<std::vector<uint16_t>> sets;
    std::vector<int64_t> pixels;
  };
  std::vector<Found> found(planes_.size());
  parallel_for(threads, static_cast<int64_t>(planes_.size()), [&](int, int64_t image) {
    const auto place = static_cast<size_t>(image);
    const LabelRuns& runs = labels.images()[place].labels;
    std::map<std::vector<uint16_t>, uint32_t> numbers;
    std::vector<uint16_t> set;
    int row = -1;
    runs.for_each_stretch([&](int y, int begin, int end, const std::vector<int>& here) {
      set.clear();
      const auto take = [&](int label) {
        if (label != 0 && candidates[static_cast<size_t>(label)]) set.push_back(static_cast<uint16_t>(label));
      };
      for (const int label : here) take(label);
      for (const int label : runs.whole_image()) take(label);
      std::sort(set.begin(), set.end());
      set.erase(std::unique(set.begin(), set.end()), set.end());
      const auto [at, fresh] = numbers.try_emplace(set, static_cast<uint32_t>(numbers.size()));
      if (fresh) found[place].sets.push_back(set), found[place].pixels.push_back(0);
      found[place].pixels[at->second] += end - begin;
      Plane& plane = planes_[place];
      if (y != row) plane.rows.push_back(static_cast<uint32_t>(plane.runs.size()));
      row = y;
      plane.runs.push_back({static_cast<uint32_t>(end), at->second});
    });
    planes_[place].rows.push_back(static_cast<uint32_t>(planes_[place].runs.size()));
  });
  std::map<std::vector<uint16_t>, uint32_t> numbers;
  for (size_t place = 0; place < planes_.size(); ++place) {
    std::vector<uint32_t> common;
    for (size_t i = 0; i < found[place].sets.size(); ++i) {
      const auto [at, fresh] = numbers.try_emplace(found[place].sets[i], static_cast<uint32_t>(pixels_.size()));
      if (fresh) {
        labels_.insert(labels_.end(), at->first.begin(), at->first.end());
        first_.push_back(labels_.size());
        pixels_.push_back(0);
      }
      pixels_[at->second] += found[place].pixels[i];
      common.push_back(at->second);
    }
    for (Run& run : planes_[place].runs) run.signature = common[run.signature];
  }
}

void Signatures::count(int place, std::span<const MaskSpan> spans, std::vector<int64_t>& counts,
                       std::vector<uint32_t>& touched) const {
  const Plane& plane = planes_[static_cast<size_t>(place)];
  for (const MaskSpan& span : spans) {
    const Run* run = plane.runs.data() + plane.rows[static_cast<size_t>(span.y)];
    const Run* row_end = plane.runs.data() + plane.rows[static_cast<size_t>(span.y) + 1];
    run = std::upper_bound(run, row_end, static_cast<uint32_t>(span.begin),
                           [](uint32_t x, const Run& r) { return x < r.end; });
    for (int x = span.begin; x < span.end; ++run) {
      const int end = std::min(static_cast<int>(run->end), span.end);
      int64_t& count = counts[run->signature];
      if (count == 0) touched.push_back(run->signature);
      count += end - x;
      x = end;
    }
  }
}

double formula_iou(const FormulaCounts& counts, int64_t on) {
  const int64_t either = counts.truth + on - counts.intersection;
  return either > 0 ? static_cast<double>(counts.intersection) / static_cast<double>(either) : 0;
}

FormulaSearch::FormulaSearch(const Signatures& signatures, const LabelStore& labels, const FormulaSettings& settings)
    : signatures_(signatures), labels_(labels), settings_(settings), truth_(signatures.label_count()) {
  for (size_t s = 0; s < signatures_.size(); ++s) {
    for (const uint16_t label : signatures_.labels(s)) truth_[label] += signatures_.pixels(s);
  }
  for (size_t label = 1; label < truth_.size(); ++label) {
    if (truth_[label] > 0) candidates_.push_back(static_cast<int>(label));
  }
  constexpr size_t kMostCandidates = 256;
  constexpr int kLongestOptimal = 3;
  if (settings_.optimal && (settings_.length > kLongestOptimal || candidates_.size() > kMostCandidates)) {
    throw Error(ErrorKind::kUsage, "optimal",
                fmt::format("the search of all formulas is for up to {} labels of up to {} concepts, not {} of {}",
                            kLongestOptimal, kMostCandidates, settings_.length, candidates_.size()),
                "use the beam, or leave rare concepts out with `min-images`");
  }
}

std::vector<FormulaScore> FormulaSearch::run(std::span<const std::pair<uint32_t, int64_t>> on) {
  row_ = on;
  mask_ = 0;
  on_.assign(truth_.size(), 0);
  for (const auto& [signature, pixels] : row_) {
    mask_ += pixels;
    for (const uint16_t label : signatures_.labels(signature)) on_[label] += pixels;
  }
  std::vector<FormulaScore> out;
  for (const Candidate& best : settings_.optimal ? search_all() : search_beam()) {
    out.push_back({formula_text(best.formula, labels_.index()), static_cast<int>(best.formula.labels.size()),
                   best.counts.intersection, best.counts.truth, best.iou});
  }
  return out;
}

// Keeps the best of each length; `best` has them by rising length.
bool FormulaSearch::add_better(const Candidate& candidate, std::vector<Candidate>& best) const {
  const size_t length = candidate.formula.labels.size();
  const auto at = std::find_if(best.begin(), best.end(),
                               [&](const Candidate& kept) { return kept.formula.labels.size() >= length; });
  if (at == best.end() || at->formula.labels.size() > length) {
    best.insert(at, candidate);
    return true;
  }
  if (!before(candidate, *at)) return false;
  *at = candidate;
  return true;
}

std::vector<FormulaSearch::Candidate> FormulaSearch::atoms() const {
  std::vector<Candidate> out;
  for (const int label : candidates_) {
    const FormulaCounts counts{on_[static_cast<size_t>(label)], truth_[static_cast<size_t>(label)]};
    if (counts.intersection > 0) out.push_back({{{label}, {}}, counts, formula_iou(counts, mask_)});
  }
  std::sort(out.begin(), out.end(), before<Candidate>);
  return out;
}

// G of the formula and each label; it depends on the formula alone, and units share formulas.
const std::vector<int64_t>& FormulaSearch::truth_with(const Formula& formula) {
  constexpr size_t kMostKept = 4096;
  if (truths_.size() > kMostKept) truths_.clear();
  const auto [at, fresh] = truths_.try_emplace(formula);
  if (!fresh) return at->second;
  at->second.assign(truth_.size(), 0);
  for (size_t s = 0; s < signatures_.size(); ++s) {
    if (!holds(formula, signatures_.labels(s))) continue;
    for (const uint16_t label : signatures_.labels(s)) at->second[label] += signatures_.pixels(s);
  }
  return at->second;
}

void FormulaSearch::expand(const Candidate& from, std::vector<Candidate>& pool) {
  std::vector<int64_t> on(truth_.size());
  for (const auto& [signature, pixels] : row_) {
    if (!holds(from.formula, signatures_.labels(signature))) continue;
    for (const uint16_t label : signatures_.labels(signature)) on[label] += pixels;
  }
  const std::vector<int64_t>& truth = truth_with(from.formula);
  for (const int label : candidates_) {
    const auto slot = static_cast<size_t>(label);
    const FormulaCounts both{on[slot], truth[slot]};
    const FormulaCounts results[] = {
        both,
        {from.counts.intersection + on_[slot] - both.intersection, from.counts.truth + truth_[slot] - both.truth},
        {from.counts.intersection - both.intersection, from.counts.truth - both.truth}};
    for (size_t i = 0; i < std::size(results); ++i) {
      if (results[i].intersection == 0 || results[i] == from.counts) continue;
      Candidate next{from.formula, results[i], formula_iou(results[i], mask_)};
      next.formula.labels.push_back(label);
      next.formula.connectives.push_back(static_cast<Connective>(i));
      pool.push_back(std::move(next));
    }
  }
}

std::vector<FormulaSearch::Candidate> FormulaSearch::search_beam() {
  std::vector<Candidate> beam = atoms(), best;
  const auto keep_best = [&] {
    std::sort(beam.begin(), beam.end(), before<Candidate>);
    beam.erase(std::unique(beam.begin(), beam.end(),
                           [](const Candidate& a, const Candidate& b) { return a.counts == b.counts; }),
               beam.end());
    for (const Candidate& candidate : beam) add_better(candidate, best);
    if (beam.size() > static_cast<size_t>(settings_.beam)) beam.erase(beam.begin() + settings_.beam, beam.end());
  };
  keep_best();
  for (int length = 2; length <= settings_.length && !beam.empty(); ++length) {
    std::vector<Candidate> pool = beam;
    for (const Candidate& from : beam) expand(from, pool);
    beam = std::move(pool);
    keep_best();
  }
  return best;
}

}  // namespace microtome
