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
#include "microtome/dissect/dense_reference.h"
#include "microtome/dissect/tally.h"

namespace microtome {
namespace {

using dense::Layer;
using dense::ListedConceptSet;

std::vector<UnitDissection> dissect(const Layer& layer, const ListedConceptSet& set, const SurveySettings& survey,
                                    const TallySettings& settings) {
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

TEST(WrongLabels, ScoresEqualThoseOfASetWhoseLabelsWereChanged) {
  int tried = 0;
  for (uint64_t seed = 0; seed < 120; ++seed) {
    Rng rng(seed, "wrong");
    const int64_t size = rng.between(20, 50);
    const ListedConceptSet set = dense::draw_concepts(rng, size);
    bool one_grid = true;
    for (int64_t i = 0; i < size; ++i)
      one_grid = one_grid && set.image_info(i).label_width == set.image_info(0).label_width;
    if (!one_grid) continue;
    const Layer layer = dense::draw_layer(rng, "conv", 5, 5, 4, size);
    Convention convention = conventions()[static_cast<size_t>(rng.below(6))];
    convention.upsampling = Upsampling::kHalfPixel;
    TallySettings settings;
    settings.convention = &convention;
    settings.selfcheck = true;
    settings.seed = seed;
    SurveySettings survey;
    survey.tail = 0.2, survey.negative = true;
    std::vector<int64_t> images(static_cast<size_t>(size));
    std::iota(images.begin(), images.end(), 0);
    const LabelStore store(set, images, {convention.repeats, convention.zero, false}, 1, *make_silent_reporter());
    for (const UnitDissection& unit : dissect(layer, set, survey, settings)) {
      const int label = unit.best.label;
      const auto m = static_cast<int64_t>(store.carriers(label).size());
      ASSERT_EQ(!unit.trials.empty(), label != 0 && unit.best.iou >= kDetectorCut && m >= 2 && size - m > m);
      if (unit.trials.empty()) continue;
      ++tried;
      const WrongLabels wrong(seed, std::string("wrong labels of conv") + sign_char(unit.sign), unit, store,
                              convention);
      std::vector<ImageLabels> missing, extra;
      int64_t lost = 0;
      std::set<int> donors;
      for (int place = 0; place < static_cast<int>(size); ++place) {
        const ImageLabels holds = set.labels(place);
        missing.push_back(wrong.loses(place) ? without(holds, label) : holds);
        const int donor = wrong.donor(place);
        extra.push_back(donor >= 0 ? with(holds, set.labels(donor), label) : holds);
        lost += wrong.loses(place);
        if (donor >= 0) donors.insert(donor);
      }
      EXPECT_EQ(lost, m / 2);
      EXPECT_EQ(static_cast<int64_t>(donors.size()), m);
      const auto expect = [&](const std::vector<ImageLabels>& changed, double ScoreTrial::*when) {
        const ListedConceptSet other(set.index(), changed);
        const auto c = dense::count(layer, images, images, other, convention, unit.unit, unit.sign, unit.threshold);
        const auto at = static_cast<size_t>(label);
        const auto both = static_cast<double>(c.both[at]), truth = static_cast<double>(c.truth[at]);
        const auto on_in = static_cast<double>(c.on_in[static_cast<size_t>(unit.best.category)]);
        const auto on = static_cast<double>(c.on), n = static_cast<double>(c.pixels);
        EXPECT_DOUBLE_EQ(trial_of(unit, "iou", when), both / (on_in + truth - both));
        EXPECT_DOUBLE_EQ(trial_of(unit, "iou_all", when), both / (on + truth - both));
        EXPECT_DOUBLE_EQ(trial_of(unit, "f1", when), 2 * both / (on + truth));
        EXPECT_DOUBLE_EQ(trial_of(unit, "cosine", when), both / std::sqrt(on * truth));
        EXPECT_DOUBLE_EQ(trial_of(unit, "coverage", when), both / truth);
        EXPECT_DOUBLE_EQ(trial_of(unit, "accuracy", when), (n - on - truth + 2 * both) / n);
        // Over images: the same as the measures of a dissection with these labels.
        for (const UnitDissection& changed_unit : dissect(layer, other, survey, settings)) {
          if (changed_unit.unit != unit.unit || changed_unit.sign != unit.sign) continue;
          for (const ConceptScore& score : changed_unit.top_concepts) {
            if (score.label != label) continue;
            EXPECT_DOUBLE_EQ(trial_of(unit, "share", when), score.measures.share);
            EXPECT_DOUBLE_EQ(trial_of(unit, "auc", when), score.measures.auc);
            EXPECT_DOUBLE_EQ(trial_of(unit, "average_precision", when), score.measures.average_precision);
            const double pearson = trial_of(unit, "pearson", when);
            EXPECT_TRUE(pearson == score.measures.pearson || std::isnan(pearson));
          }
        }
      };
      std::vector<ImageLabels> same;
      for (int64_t i = 0; i < size; ++i) same.push_back(set.labels(i));
      expect(same, &ScoreTrial::before);
      expect(missing, &ScoreTrial::missing);
      expect(extra, &ScoreTrial::extra);
      EXPECT_DOUBLE_EQ(trial_of(unit, "iou", &ScoreTrial::before), unit.best.iou);
    }
  }
  EXPECT_GT(tried, 60);
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
  const std::vector<UnitDissection> units = dissect(layer, set, {}, settings);
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
