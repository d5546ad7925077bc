// SPDX-License-Identifier: Apache-2.0
// Logical formulas over concepts that explain a mask better than one concept does (Mu and Andreas, "Compositional
// Explanations of Neurons", NeurIPS 2020), found by counting pixels with equal label sets together: one scan over the
// distinct sets gives the exact pixel counts of a formula with every label at once.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "microtome/dissect/findings.h"
#include "microtome/dissect/formula_settings.h"
#include "microtome/dissect/label_store.h"

namespace microtome {

enum class Connective : uint8_t { kAnd, kOr, kAndNot };

// From left to right: ((l0 c0 l1) c1 l2) ...
struct Formula {
  std::vector<int> labels;
  std::vector<Connective> connectives;
  auto operator<=>(const Formula&) const = default;
};
// "(tree OR bush) AND NOT sky", with the index's display names.
std::string formula_text(const Formula& formula, const ConceptIndex& index);
bool holds(const Formula& formula, std::span<const uint16_t> sorted_labels);

// The distinct label sets of a concept set's pixels, and where they stand.
class Signatures {
 public:
  // Of the labels that are candidates; others are left out of the sets.
  Signatures(const LabelStore& labels, const std::vector<bool>& candidates, int threads);

  size_t size() const { return pixels_.size(); }
  std::span<const uint16_t> labels(size_t signature) const {
    return std::span(labels_).subspan(first_[signature], first_[signature + 1] - first_[signature]);
  }
  int64_t pixels(size_t signature) const { return pixels_[signature]; }  // N, in all images
  size_t label_count() const { return label_count_; }                    // labels are below this
  // Adds the pixels of each signature under a mask on an image.
  void count(int place, std::span<const MaskSpan> spans, std::vector<int64_t>& counts,
             std::vector<uint32_t>& touched) const;

 private:
  struct Run {
    uint32_t end = 0, signature = 0;
  };
  struct Plane {
    std::vector<uint32_t> rows;
    std::vector<Run> runs;
  };
  size_t label_count_ = 0;
  std::vector<Plane> planes_;  // by place
  std::vector<uint16_t> labels_;
  std::vector<size_t> first_;
  std::vector<int64_t> pixels_;
};

// What the sets say of a formula F or of F AND label, in pixels: under the mask and in all.
struct FormulaCounts {
  int64_t intersection = 0, truth = 0;
  bool operator==(const FormulaCounts&) const = default;
};
double formula_iou(const FormulaCounts& counts, int64_t on);  // I / (G + on - I)

// Searches for one row after another; one for each thread.
class FormulaSearch {
 public:
  FormulaSearch(const Signatures& signatures, const LabelStore& labels, const FormulaSettings& settings);

  // `on`: (signature, pixels under the mask), each signature once. The best formula of each length from 1 on, as long
  // as formulas of that length were found.
  //
  // Beam: labels that overlap the mask, by IoU; then `length` - 1 times every kept formula is joined with every label
  // by AND, OR and AND NOT, and the best `beam` of old and new are kept. Of formulas with equal counts one is kept: the
  // shortest, then the first by labels. Optimal: all formulas of that form up to three labels. Throws Error(kUsage)
  // when optimal is asked for with more than three labels or more than 256 candidates.
  std::vector<FormulaScore> run(std::span<const std::pair<uint32_t, int64_t>> on);

 private:
  struct Candidate {
    Formula formula;
    FormulaCounts counts;
    double iou = 0;
  };
  bool add_better(const Candidate& candidate, std::vector<Candidate>& best) const;
  std::vector<Candidate> atoms() const;
  void expand(const Candidate& from, std::vector<Candidate>& pool);
  std::vector<Candidate> search_beam();
  std::vector<Candidate> search_all();
  const std::vector<int64_t>& truth_with(const Formula& formula);

  const Signatures& signatures_;
  const LabelStore& labels_;
  FormulaSettings settings_;
  std::vector<int64_t> truth_;   // G once a pixel, by label
  std::vector<int> candidates_;  // labels with truth
  std::vector<int64_t> on_;      // by label, of the row
  int64_t mask_ = 0;             // pixels, of the row
  std::span<const std::pair<uint32_t, int64_t>> row_;
  std::map<Formula, std::vector<int64_t>> truths_;  // G of F AND label, by formula
  std::vector<int64_t> pair_truth_, triple_truth_;  // for optimal search: of two and three candidates
};

}  // namespace microtome
