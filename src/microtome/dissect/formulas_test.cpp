// SPDX-License-Identifier: Apache-2.0
// Formula search against formulas evaluated pixel by pixel.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/dissect/formulas.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dense_reference.h"
#include "microtome/dissect/testing/dissected.h"

namespace microtome {
namespace {

// Every pixel of every image: its labels, and whether the unit is on.
struct Pixel {
  std::set<int> labels;
  bool on = false;
};

struct FormulaProblem {
  dense::Layer layer;
  dense::ListedConceptSet set;
  TallySettings tally;
  std::vector<UnitDissection> units;

  std::vector<Pixel> pixels(const UnitDissection& unit) const {
    std::vector<Pixel> out;
    const int cells = layer.shape.map_width * layer.shape.map_height;
    const dense::Cut cut = dense::cut_of(unit, *tally.convention);
    for (int64_t image = 0; image < set.size(); ++image) {
      const ImageLabels labels = set.labels(image);
      const auto first = layer.activations[static_cast<size_t>(image)].begin() + unit.unit * cells;
      std::vector<float> map(first, first + cells);
      for (float& cell : map) cell = cut.of_cell(cell);
      for (int y = 0; y < labels.height; ++y) {
        for (int x = 0; x < labels.width; ++x) {
          Pixel pixel;
          for (const int label : dense::labels_at(labels, x, y, true)) {
            if (set.index().concept_of(label).category >= 0) pixel.labels.insert(label);
          }
          pixel.on = cut.is_on(
              dense::pixel_value(map.data(), layer.shape, Upsampling::kHalfPixel, labels.width, labels.height, x, y));
          out.push_back(std::move(pixel));
        }
      }
    }
    return out;
  }
};

FormulaProblem draw_formula_problem(uint64_t seed, const FormulaSettings& settings) {
  Rng rng(seed, "formulas");
  const int64_t size = rng.between(4, 14);
  FormulaProblem p{dense::draw_layer(rng, "conv", 3, 4, 3, size), dense::draw_concepts(rng, size), {}, {}};
  p.tally.formulas = settings;
  p.tally.min_images = 1;
  SurveySettings survey;
  survey.tail = 0.1;
  std::vector<Survey> surveys;
  surveys.emplace_back(p.layer.shape, survey);
  for (int64_t image = 0; image < size; ++image) {
    surveys[0].add(std::vector<SurveyImage>{{image, p.layer.activations[static_cast<size_t>(image)].data()}});
  }
  p.units = finish(surveys, p.set, p.tally, 2, *make_silent_reporter()).layers[0].units;
  return p;
}

// A formula's value on a pixel, read from its definition and not from holds().
bool value(const Formula& formula, const std::set<int>& labels) {
  bool out = labels.contains(formula.labels[0]);
  for (size_t i = 1; i < formula.labels.size(); ++i) {
    const bool next = labels.contains(formula.labels[i]);
    if (formula.connectives[i - 1] == Connective::kAnd) out = out & next;
    if (formula.connectives[i - 1] == Connective::kOr) out = out | next;
    if (formula.connectives[i - 1] == Connective::kAndNot) out = out & !next;
  }
  return out;
}

FormulaCounts count(const Formula& formula, const std::vector<Pixel>& pixels) {
  FormulaCounts out;
  for (const Pixel& pixel : pixels) {
    if (!value(formula, pixel.labels)) continue;
    ++out.truth;
    out.intersection += pixel.on;
  }
  return out;
}

// All formulas of exactly this length.
std::vector<Formula> all_formulas(const std::set<int>& labels, size_t length) {
  std::vector<Formula> out;
  for (const int label : labels) out.push_back({{label}, {}});
  for (; length > 1; --length) {
    std::vector<Formula> longer;
    for (const Formula& formula : out) {
      for (const int label : labels) {
        for (const Connective c : {Connective::kAnd, Connective::kOr, Connective::kAndNot}) {
          longer.push_back(formula);
          longer.back().labels.push_back(label), longer.back().connectives.push_back(c);
        }
      }
    }
    out = std::move(longer);
  }
  return out;
}

std::set<int> labels_of(const std::vector<Pixel>& pixels) {
  std::set<int> labels;
  for (const Pixel& pixel : pixels) labels.insert(pixel.labels.begin(), pixel.labels.end());
  return labels;
}

int64_t mask_of(const std::vector<Pixel>& pixels) {
  return std::count_if(pixels.begin(), pixels.end(), [](const Pixel& pixel) { return pixel.on; });
}

double best_of_all(const std::vector<Pixel>& pixels, size_t length) {
  double best = 0;
  for (size_t shorter = 1; shorter <= length; ++shorter) {
    for (const Formula& formula : all_formulas(labels_of(pixels), shorter)) {
      best = std::max(best, formula_iou(count(formula, pixels), mask_of(pixels)));
    }
  }
  return best;
}

double best_found(const UnitDissection& unit) {
  double best = 0;
  for (const FormulaScore& formula : unit.formulas) best = std::max(best, formula.iou);
  return best;
}

TEST(Formulas, OptimalSearchIsBruteForce) {
  int longer = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const FormulaProblem p = draw_formula_problem(seed, {.length = 3, .optimal = true});
    for (const UnitDissection& unit : p.units) {
      const auto pixels = p.pixels(unit);
      // Short enough for every formula to be tried.
      if (labels_of(pixels).size() > 5 || pixels.size() > 4000) continue;
      EXPECT_EQ(best_found(unit), best_of_all(pixels, 3)) << seed;
      longer += unit.formulas.size() > 1 && unit.formulas.back().iou > unit.formulas[0].iou;
    }
  }
  EXPECT_GT(longer, 10);
}

TEST(Formulas, ABeamThatKeepsAllOfLengthTwoIsOptimal) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const FormulaProblem beam = draw_formula_problem(seed, {.length = 2, .beam = 1000});
    const FormulaProblem all = draw_formula_problem(seed, {.length = 2, .optimal = true});
    for (size_t i = 0; i < beam.units.size(); ++i) {
      // The beam begins with labels under the mask; a formula may begin with another one.
      EXPECT_LE(best_found(beam.units[i]), best_found(all.units[i]));
      const auto pixels = beam.pixels(beam.units[i]);
      double best = 0;
      for (const Formula& formula : all_formulas(labels_of(pixels), 2)) {
        if (count({{formula.labels[0]}, {}}, pixels).intersection == 0) continue;
        best = std::max(best, formula_iou(count(formula, pixels), mask_of(pixels)));
      }
      EXPECT_EQ(best_found(beam.units[i]),
                std::max(best, beam.units[i].formulas.empty() ? 0 : beam.units[i].formulas[0].iou));
    }
  }
}

// The search of the paper, on pixels.
std::vector<FormulaScore> beam_on_pixels(const std::vector<Pixel>& pixels, const ConceptIndex& index, int length,
                                         size_t width) {
  struct Kept {
    Formula formula;
    FormulaCounts counts;
    double iou;
  };
  const int64_t mask = mask_of(pixels);
  std::vector<Kept> beam;
  std::map<size_t, Kept> best;
  const auto before = [](const Kept& a, const Kept& b) {
    return std::tuple(-a.iou, a.formula.labels.size(), a.formula) <
           std::tuple(-b.iou, b.formula.labels.size(), b.formula);
  };
  const auto add = [&](const Formula& formula) {
    const FormulaCounts counts = count(formula, pixels);
    if (counts.intersection > 0) beam.push_back({formula, counts, formula_iou(counts, mask)});
  };
  const auto prune = [&] {
    std::sort(beam.begin(), beam.end(), before);
    std::vector<Kept> kept;
    for (const Kept& item : beam) {
      if (!kept.empty() && kept.back().counts == item.counts) continue;
      kept.push_back(item);
      const auto [at, fresh] = best.try_emplace(item.formula.labels.size(), item);
      if (!fresh && before(item, at->second)) at->second = item;
    }
    kept.resize(std::min(kept.size(), width));
    beam = std::move(kept);
  };
  for (const int label : labels_of(pixels)) add({{label}, {}});
  prune();
  for (int step = 1; step < length; ++step) {
    for (const Kept& from : std::vector<Kept>(beam)) {
      for (const int label : labels_of(pixels)) {
        for (const Connective c : {Connective::kAnd, Connective::kOr, Connective::kAndNot}) {
          Formula next = from.formula;
          next.labels.push_back(label), next.connectives.push_back(c);
          if (count(next, pixels) != from.counts) add(next);
        }
      }
    }
    prune();
  }
  std::vector<FormulaScore> out;
  for (const auto& [size, item] : best) {
    out.push_back({formula_text(item.formula, index), static_cast<int>(size), item.counts.intersection,
                   item.counts.truth, item.iou});
  }
  return out;
}

TEST(Formulas, TheBeamIsTheBeamOfMasks) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    for (const int width : {1, 3}) {
      const FormulaProblem p = draw_formula_problem(seed, {.length = 4, .beam = width});
      for (const UnitDissection& unit : p.units) {
        const auto pixels = p.pixels(unit);
        if (pixels.size() > 3000) continue;
        const auto truth = beam_on_pixels(pixels, p.set.index(), 4, static_cast<size_t>(width));
        ASSERT_EQ(unit.formulas.size(), truth.size()) << seed;
        for (size_t i = 0; i < truth.size(); ++i) {
          EXPECT_EQ(unit.formulas[i].text, truth[i].text);
          EXPECT_EQ(unit.formulas[i].length, truth[i].length);
          EXPECT_EQ(unit.formulas[i].intersection, truth[i].intersection);
          EXPECT_EQ(unit.formulas[i].truth, truth[i].truth);
          EXPECT_EQ(unit.formulas[i].iou, truth[i].iou);
        }
      }
    }
  }
}

TEST(Formulas, ReadFromLeftToRight) {
  const ConceptIndex index({"object"}, {{}, {1, "tree", 0, {0}}, {2, "bush", 0, {0}}, {3, "blue_sky", 0, {0}}});
  const auto text = [&](std::vector<Connective> connectives) {
    return formula_text({{1, 2, 3}, std::move(connectives)}, index);
  };
  EXPECT_EQ(text({Connective::kOr, Connective::kAndNot}), "(tree OR bush) AND NOT blue sky");
  EXPECT_EQ(text({Connective::kOr, Connective::kOr}), "tree OR bush OR blue sky");
  EXPECT_EQ(text({Connective::kAnd, Connective::kOr}), "(tree AND bush) OR blue sky");
}

TEST(Formulas, OptimalSearchSaysWhatItIsFor) {
  EXPECT_THROW(draw_formula_problem(1, {.length = 4, .optimal = true}), Error);
}

}  // namespace
}  // namespace microtome
