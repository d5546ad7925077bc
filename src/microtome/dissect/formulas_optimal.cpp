// SPDX-License-Identifier: Apache-2.0
// Every formula of up to three labels, by inclusion and exclusion: pixels that carry one, two and three given labels
// are counted in one scan, and the seven parts into which three labels cut the pixels follow.
#include <algorithm>
#include <array>
#include <cstddef>

#include "microtome/dissect/formulas.h"

namespace microtome {
namespace {

// Number of pixels that carry candidates i, i < j, or i < j < k, in dense triangular tables.
size_t pair_slot(size_t i, size_t j) { return j * (j - 1) / 2 + i; }
size_t triple_slot(size_t i, size_t j, size_t k) { return k * (k - 1) * (k - 2) / 6 + pair_slot(i, j); }

struct Tables {
  std::vector<int64_t> one, two, three;
  explicit Tables(size_t n, bool triples)
      : one(n), two(n * (n > 0 ? n - 1 : 0) / 2 + 1), three(triples && n > 2 ? n * (n - 1) * (n - 2) / 6 : 1) {}

  void add(const std::vector<size_t>& members, int64_t pixels, bool triples) {
    for (size_t c = 0; c < members.size(); ++c) {
      one[members[c]] += pixels;
      for (size_t b = 0; b < c; ++b) {
        two[pair_slot(members[b], members[c])] += pixels;
        for (size_t a = 0; triples && a < b; ++a) three[triple_slot(members[a], members[b], members[c])] += pixels;
      }
    }
  }
  int64_t pair(size_t i, size_t j) const { return i == j ? one[i] : two[i < j ? pair_slot(i, j) : pair_slot(j, i)]; }
  int64_t triple(size_t i, size_t j, size_t k) const {
    if (i > j) std::swap(i, j);
    if (j > k) std::swap(j, k);
    if (i > j) std::swap(i, j);
    if (i == j) return pair(j, k);
    return j == k ? pair(i, j) : three[triple_slot(i, j, k)];
  }
};

// Pixels of (F c label) where F is a formula over two labels: from F, the label, and both.
int64_t join(Connective connective, int64_t formula, int64_t label, int64_t both) {
  switch (connective) {
    case Connective::kAnd:
      return both;
    case Connective::kOr:
      return formula + label - both;
    case Connective::kAndNot:
      return formula - both;
  }
  return 0;
}

constexpr Connective kAll[] = {Connective::kAnd, Connective::kOr, Connective::kAndNot};

// Pixels of (i c j), and of those that also carry k.
int64_t joined(const Tables& t, size_t i, Connective c, size_t j) { return join(c, t.one[i], t.one[j], t.pair(i, j)); }
int64_t joined_with(const Tables& t, size_t i, Connective c, size_t j, size_t k) {
  return join(c, t.pair(i, k), t.pair(j, k), t.triple(i, j, k));
}

}  // namespace

std::vector<FormulaSearch::Candidate> FormulaSearch::search_all() {
  const size_t n = candidates_.size();
  const bool triples = settings_.length >= 3;
  std::vector<int> place(truth_.size(), -1);
  for (size_t i = 0; i < n; ++i) place[static_cast<size_t>(candidates_[i])] = static_cast<int>(i);
  std::vector<size_t> members;
  const auto fill = [&](Tables& tables, size_t signature, int64_t pixels) {
    members.clear();
    for (const uint16_t label : signatures_.labels(signature)) members.push_back(static_cast<size_t>(place[label]));
    tables.add(members, pixels, triples);
  };
  Tables in_all(n, triples), under_mask(n, triples);
  if (pair_truth_.empty()) {
    for (size_t s = 0; s < signatures_.size(); ++s) fill(in_all, s, signatures_.pixels(s));
    pair_truth_ = in_all.two, triple_truth_ = in_all.three;
  } else {
    for (size_t i = 0; i < n; ++i) in_all.one[i] = truth_[static_cast<size_t>(candidates_[i])];
    in_all.two = pair_truth_, in_all.three = triple_truth_;
  }
  for (const auto& [signature, pixels] : row_) fill(under_mask, signature, pixels);

  std::vector<Candidate> best;
  for (const Candidate& atom : atoms()) add_better(atom, best);
  double best_three = 0;
  for (size_t i = 0; settings_.length >= 2 && i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (const Connective c : kAll) {
        // AND and OR do not care for the order.
        if (i == j || (c != Connective::kAndNot && j < i)) continue;
        const FormulaCounts two{joined(under_mask, i, c, j), joined(in_all, i, c, j)};
        const Formula formula{{candidates_[i], candidates_[j]}, {c}};
        if (two.intersection > 0) add_better({formula, two, formula_iou(two, mask_)}, best);
        for (size_t k = 0; triples && k < n; ++k) {
          const int64_t with_under = joined_with(under_mask, i, c, j, k), with = joined_with(in_all, i, c, j, k);
          for (const Connective d : kAll) {
            const FormulaCounts three{join(d, two.intersection, under_mask.one[k], with_under),
                                      join(d, two.truth, in_all.one[k], with)};
            const double iou = formula_iou(three, mask_);
            if (three.intersection == 0 || iou < best_three) continue;
            best_three = iou;
            Candidate found{formula, three, iou};
            found.formula.labels.push_back(candidates_[k]), found.formula.connectives.push_back(d);
            add_better(found, best);
          }
        }
      }
    }
  }
  return best;
}

}  // namespace microtome
