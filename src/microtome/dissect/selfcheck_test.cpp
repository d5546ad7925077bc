// SPDX-License-Identifier: Apache-2.0
// Scores under wrong labels against a concept set whose labels were really changed.
#include "microtome/dissect/selfcheck.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "microtome/base/rng.h"
#include "microtome/dissect/detectors.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dense_reference.h"
#include "microtome/dissect/testing/dissected.h"

namespace microtome {
namespace {

using dense::Layer;
using dense::ListedConceptSet;

std::vector<UnitDissection> dissect_and_check(const Layer& layer, const ListedConceptSet& set,
                                              const SurveySettings& survey, const TallySettings& settings) {
  std::vector<Survey> surveys;
  surveys.emplace_back(layer.shape, dissection_needs(survey, settings, layer.shape, set));
  for (int64_t image = 0; image < set.size(); ++image) {
    surveys[0].add(std::vector<SurveyImage>{{image, layer.activations[static_cast<size_t>(image)].data()}});
  }
  return finish(surveys, set, settings, 2, *make_silent_reporter()).layers[0].units;
}

ImageLabels without(ImageLabels labels, int label) {
  std::erase(labels.whole_image, label);
  for (LabelMap& plane : labels.planes) {
    std::replace(plane.labels.begin(), plane.labels.end(), static_cast<uint16_t>(label), uint16_t{0});
  }
  return labels;
}

// With every plane of `from` that has the label, and nothing else in it.
ImageLabels with(ImageLabels labels, const ImageLabels& from, int label) {
  for (LabelMap plane : from.planes) {
    for (uint16_t& at : plane.labels) at = at == label ? at : uint16_t{0};
    labels.planes.push_back(std::move(plane));
  }
  labels.whole_image.insert(labels.whole_image.end(),
                            std::count(from.whole_image.begin(), from.whole_image.end(), label), label);
  return labels;
}

double trial_of(const UnitDissection& unit, const std::string& score, double ScoreTrial::*when) {
  const auto at = std::ranges::find(unit.trials, score, &ScoreTrial::score);
  return at == unit.trials.end() ? -1 : (*at).*when;
}

struct SelfcheckProblem {
  Layer layer;
  ListedConceptSet set;
  Convention convention;
  TallySettings settings;
  SurveySettings survey;
  std::vector<int64_t> images;
};

SelfcheckProblem draw_selfcheck_problem(uint64_t seed) {
  Rng rng(seed, "wrong");
  const int64_t size = rng.between(20, 50);
  SelfcheckProblem p{dense::draw_layer(rng, "conv", 5, 5, 4, size), dense::draw_concepts(rng, size), {}, {}, {}, {}};
  p.convention = conventions()[static_cast<size_t>(rng.below(6))];
  p.convention.upsampling = Upsampling::kHalfPixel;
  p.settings.selfcheck = true;
  p.settings.seed = seed;
  p.survey.tail = 0.2, p.survey.negative = true;
  p.images.resize(static_cast<size_t>(size));
  std::iota(p.images.begin(), p.images.end(), 0);
  return p;
}

// The scores of a unit and its label on a set with these labels.
std::map<std::string, double> scores_with(const SelfcheckProblem& p, const UnitDissection& unit,
                                          const std::vector<ImageLabels>& labels) {
  const ListedConceptSet set(p.set.index(), labels);
  const auto c = dense::count(p.layer, p.images, p.images, set, p.convention, unit.unit, unit.sign,
                              dense::cut_of(unit, p.convention));
  const auto at = static_cast<size_t>(unit.best.label);
  const auto both = static_cast<double>(c.both[at]), truth = static_cast<double>(c.truth[at]);
  const auto on_in = static_cast<double>(c.on_in[static_cast<size_t>(unit.best.category)]);
  const auto on = static_cast<double>(c.on), n = static_cast<double>(c.pixels);
  std::map<std::string, double> out = {{"iou", both / (on_in + truth - both)},
                                       {"iou_all", both / (on + truth - both)},
                                       {"f1", 2 * both / (on + truth)},
                                       {"cosine", both / std::sqrt(on * truth)},
                                       {"share", both / on},
                                       {"coverage", both / truth},
                                       {"accuracy", (n - on - truth + 2 * both) / n}};
  std::vector<float> peaks;
  std::vector<int> carriers;
  const auto cells = static_cast<size_t>(p.layer.shape.map_width * p.layer.shape.map_height);
  for (size_t image = 0; image < labels.size(); ++image) {
    float peak = -std::numeric_limits<float>::infinity();
    for (size_t cell = 0; cell < cells; ++cell) {
      const float value = p.layer.activations[image][static_cast<size_t>(unit.unit) * cells + cell];
      peak = std::max(peak, unit.sign == Sign::kPositive ? value : -value);
    }
    peaks.push_back(peak);
    bool carries = std::ranges::count(labels[image].whole_image, unit.best.label) > 0;
    for (const LabelMap& plane : labels[image].planes) {
      carries = carries || std::ranges::count(plane.labels, static_cast<uint16_t>(unit.best.label)) > 0;
    }
    if (carries) carriers.push_back(static_cast<int>(image));
  }
  ConceptMeasures measures;
  RankedImages(peaks).measure(carriers, measures);
  out["auc"] = measures.auc, out["average_precision"] = measures.average_precision, out["pearson"] = measures.pearson;
  return out;
}

TEST(WrongLabels, ScoresEqualThoseOfASetWhoseLabelsWereChanged) {
  int tried = 0;
  for (uint64_t seed = 0; seed < 80; ++seed) {
    SelfcheckProblem p = draw_selfcheck_problem(seed);
    p.settings.convention = &p.convention;
    const int64_t size = p.set.size();
    std::set<int> widths;
    std::vector<ImageLabels> own;
    for (int64_t i = 0; i < size; ++i) own.push_back(p.set.labels(i)), widths.insert(own.back().width);
    if (widths.size() > 1) continue;  // the label of a smaller grid would have to be scaled
    const LabelStore store(p.set, p.images, {p.convention.repeats, p.convention.zero, false}, 1,
                           *make_silent_reporter());
    for (const UnitDissection& unit : dissect_and_check(p.layer, p.set, p.survey, p.settings)) {
      const int label = unit.best.label;
      const auto m = static_cast<int64_t>(store.carriers(label).size());
      ASSERT_EQ(!unit.trials.empty(), label != 0 && unit.best.iou >= kDetectorCut && m >= 2 && size - m > m);
      if (unit.trials.empty()) continue;
      ++tried;
      std::map<std::string, double> missing, extra;
      const std::string purpose = std::string("wrong labels of conv") + sign_char(unit.sign);
      for (int draw = 0; draw < kLabelDraws; ++draw) {
        const WrongLabels wrong(seed, purpose, draw, unit, store, p.convention);
        std::vector<ImageLabels> fewer, more;
        int64_t lost = 0;
        std::set<int> donors;
        for (int place = 0; place < static_cast<int>(size); ++place) {
          const ImageLabels& holds = own[static_cast<size_t>(place)];
          fewer.push_back(wrong.loses(place) ? without(holds, label) : holds);
          const int donor = wrong.donor(place);
          more.push_back(donor >= 0 ? with(holds, own[static_cast<size_t>(donor)], label) : holds);
          lost += wrong.loses(place);
          if (donor >= 0) donors.insert(donor);
        }
        EXPECT_EQ(lost, m / 2);
        EXPECT_EQ(static_cast<int64_t>(donors.size()), m);
        for (const auto& [score, value] : scores_with(p, unit, fewer)) missing[score] += value / kLabelDraws;
        for (const auto& [score, value] : scores_with(p, unit, more)) extra[score] += value / kLabelDraws;
      }
      const auto expect = [&](const std::map<std::string, double>& wanted, double ScoreTrial::*when) {
        for (const auto& [score, value] : wanted) {
          const double got = trial_of(unit, score, when);
          if (!std::isnan(value) || !std::isnan(got)) {
            EXPECT_NEAR(got, value, 1e-9) << score;
          }
        }
      };
      expect(scores_with(p, unit, own), &ScoreTrial::before);
      expect(missing, &ScoreTrial::missing);
      expect(extra, &ScoreTrial::extra);
      EXPECT_DOUBLE_EQ(trial_of(unit, "iou", &ScoreTrial::before), unit.best.iou);
    }
  }
  EXPECT_GT(tried, 40);
}

// Detectors of concepts of all sizes, none of them perfect.
TEST(WrongLabels, TellScoresThatNoticeFromThoseThatDoNot) {
  constexpr int kUnits = 40, kSide = 16, kImages = 600;
  Rng rng(7, "detectors");
  std::vector<Concept> concepts;
  for (int label = 1; label <= kUnits; ++label) concepts.push_back({label, std::to_string(label), 0, {0}});
  std::vector<ImageLabels> labels;
  Layer layer{{"conv", kUnits, kSide, kSide, kImages, {}, {}}, {}};
  for (int image = 0; image < kImages; ++image) {
    ImageLabels holds{kSide, kSide, {}, {}, false};
    std::vector<float> maps;
    for (int unit = 0; unit < kUnits; ++unit) {
      LabelMap plane(kSide, kSide);
      const int size = 2 + unit % 8;
      const bool carries = rng.chance(0.01 + 0.09 * unit / kUnits);
      const auto x = static_cast<int>(rng.below(kSide - size)), y = static_cast<int>(rng.below(kSide - size));
      const double strength = rng.chance(0.8) ? 3 : 0;  // now and then it does not see it
      for (int v = 0; v < kSide; ++v) {
        for (int u = 0; u < kSide; ++u) {
          const bool here = carries && u >= x && u < x + size && v >= y && v < y + size;
          plane.at(u, v) = here ? static_cast<uint16_t>(unit + 1) : uint16_t{0};
          maps.push_back(static_cast<float>((here ? strength : 0) + 0.8 * rng.normal()));
        }
      }
      if (carries) holds.planes.push_back(std::move(plane));
    }
    labels.push_back(std::move(holds));
    layer.activations.push_back(std::move(maps));
  }
  const ListedConceptSet set(dense::index_of({"object"}, concepts), std::move(labels));
  TallySettings settings;
  settings.selfcheck = true;
  const std::vector<UnitDissection> units = dissect_and_check(layer, set, {}, settings);
  std::map<std::string, ScoreCheck> checks;
  for (const ScoreCheck& check : check_scores(units)) checks[check.score] = check;
  ASSERT_EQ(checks.size(), kTriedScores.size());
  EXPECT_GT(checks["iou"].pairs, 25);
  for (const char* sound : {"iou", "iou_all", "f1", "cosine", "correlation", "average_precision", "pearson"}) {
    EXPECT_TRUE(checks[sound].passes) << sound << " " << checks[sound].missing << " " << checks[sound].extra;
  }
  for (const char* blind : {"share", "coverage", "accuracy", "auc", "mean_difference"}) {
    EXPECT_FALSE(checks[blind].passes) << blind << " " << checks[blind].missing << " " << checks[blind].extra;
  }
  EXPECT_GT(checks["share"].missing, 0.9) << "a mask that carries the label on half of its pixels";
  EXPECT_LT(checks["share"].extra, 0.1) << "more labels only add to it";
}

}  // namespace
}  // namespace microtome
