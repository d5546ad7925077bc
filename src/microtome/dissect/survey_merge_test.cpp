// SPDX-License-Identifier: Apache-2.0
// Parts of a set that were surveyed apart and merged, against one pass over all of it: number for number.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/dissect/survey_state.h"
#include "microtome/dissect/testing/random_problems.h"

namespace microtome {
namespace {

template <class T>
void shuffle(Rng& rng, std::vector<T>& items) {
  for (size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
  }
}

// The images in parts, some of them empty, in any order.
std::vector<std::vector<int64_t>> draw_parts(Rng& rng, std::vector<int64_t> images) {
  shuffle(rng, images);
  std::vector<std::vector<int64_t>> parts(static_cast<size_t>(rng.between(1, 7)));
  for (const int64_t image : images)
    parts[static_cast<size_t>(rng.below(static_cast<int64_t>(parts.size())))].push_back(image);
  return parts;
}

Survey survey_of(const Layer& layer, const SurveySettings& settings, const std::vector<int64_t>& images) {
  Survey survey(layer.shape, settings);
  std::vector<SurveyImage> batch;
  for (const int64_t image : images) batch.push_back({image, layer.activations[static_cast<size_t>(image)].data()});
  survey.add(batch, 2);
  return survey;
}

// Two at a time until one is left.
Survey merged(Rng& rng, std::vector<Survey> parts, bool saved) {
  while (parts.size() > 1) {
    shuffle(rng, parts);
    Survey last = saved ? Survey::load(parts.back().save()) : std::move(parts.back());
    parts.pop_back();
    parts.back().merge(std::move(last));
    if (saved) parts.back() = Survey::load(parts.back().save());
  }
  return std::move(parts.front());
}

void require_same_counts(const Survey& a, const Survey& b) {
  const SurveyState &x = a.state(), &y = b.state();
  for (size_t unit = 0; unit < x.units.size(); ++unit) {
    RC_ASSERT(x.units[unit].minimum == y.units[unit].minimum);
    RC_ASSERT(x.units[unit].maximum == y.units[unit].maximum);
    RC_ASSERT(x.units[unit].counts.width() == y.units[unit].counts.width());
    for (int bin = 0; bin < ValueCounts::kHalf; ++bin) {
      for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
        RC_ASSERT(x.units[unit].counts.count(bin, sign) == y.units[unit].counts.count(bin, sign));
      }
    }
  }
  for (size_t side = 0; side < x.sides.size(); ++side) {
    for (const double share : {1.0, 0.5, 0.1}) {
      const double tail = share * std::max(x.settings.tail, x.settings.keep);
      RC_ASSERT(side_threshold(x, side, tail) == side_threshold(y, side, tail));
    }
  }
}

void require_same_units(const UnitDissection& a, const UnitDissection& b) {
  require_equal(a, b);
  RC_ASSERT(a.typical.size() == b.typical.size());
  for (size_t i = 0; i < a.typical.size(); ++i) {
    const Exemplar &x = a.typical[i], &y = b.typical[i];
    RC_ASSERT(x.image == y.image && x.activation == y.activation && x.map.size() == y.map.size());
    for (size_t cell = 0; cell < x.map.size(); ++cell) {
      const float of_sign = static_cast<float>(factor(a.sign));
      const bool on = of_sign * x.map[cell] > a.threshold;
      RC_ASSERT(on == (of_sign * y.map[cell] > a.threshold));
      RC_ASSERT(!on || x.map[cell] == y.map[cell]);
    }
  }
  RC_ASSERT(a.histogram.low == b.histogram.low);
  RC_ASSERT(a.histogram.high == b.histogram.high);
  RC_ASSERT(a.histogram.counts == b.histogram.counts);
  RC_ASSERT(a.best.label == 0 || a.best.measures.pearson == b.best.measures.pearson ||
            (a.best.measures.pearson != a.best.measures.pearson && b.best.measures.pearson != b.best.measures.pearson));
  RC_ASSERT(a.held_out.has_value() == b.held_out.has_value());
  if (a.held_out) RC_ASSERT(a.held_out->iou == b.held_out->iou);
  if (a.interval) RC_ASSERT(a.interval->low == b.interval->low && a.interval->high == b.interval->high);
  if (a.significance) RC_ASSERT(a.significance->p == b.significance->p && a.significance->q == b.significance->q);
}

TEST(SurveyMerge, EqualsOnePassOverAllImages) {
  check_property("merge", 400, [](uint64_t seed) {
    Rng rng(seed, "merge");
    Problem p = draw_problem(rng);
    const Convention convention =
        rng.chance(0.5) ? conventions()[static_cast<size_t>(rng.below(6))] : draw_convention(rng);
    p.tally.convention = &convention;
    p.tally.seed = seed;
    p.tally.typical = static_cast<int>(rng.below(4));
    if (rng.chance(0.3)) p.tally.bootstrap = 5, p.tally.permutations = 5;
    constexpr double kTails[] = {0.001, 0.01, 0.05, 0.2};
    for (int64_t tails = rng.below(3); tails > 0; --tails) p.tally.tails.push_back(kTails[rng.below(4)]);
    const bool saved = rng.chance(0.5);
    std::vector<Survey> whole, joined;
    for (Layer& layer : p.layers) {
      layer.shape.across = draw_field(rng), layer.shape.down = draw_field(rng);
      const SurveySettings settings = dissection_needs(p.survey, p.tally, layer.shape, p.set);
      whole.push_back(survey_of(layer, settings, p.images));
      std::vector<Survey> parts;
      for (const auto& images : draw_parts(rng, p.images)) parts.push_back(survey_of(layer, settings, images));
      joined.push_back(merged(rng, std::move(parts), saved));
      require_same_counts(whole.back(), joined.back());
    }
    const auto a = finish(whole, p.set, p.tally, 2, *make_silent_reporter()).layers;
    const auto b = finish(joined, p.set, p.tally, 1, *make_silent_reporter()).layers;
    for (size_t layer = 0; layer < a.size(); ++layer) {
      RC_ASSERT(a[layer].images == b[layer].images);
      for (size_t unit = 0; unit < a[layer].units.size(); ++unit) {
        require_same_units(a[layer].units[unit], b[layer].units[unit]);
      }
    }
  });
}

TEST(SurveyMerge, GoesOnWithMoreImages) {
  Rng rng(3, "merge and add");
  const Layer layer = dense::draw_layer(rng, "conv", 3, 5, 4, 300);
  const auto range = [](int64_t first, int64_t last) {
    std::vector<int64_t> images(static_cast<size_t>(last - first));
    std::iota(images.begin(), images.end(), first);
    return images;
  };
  Survey parts = survey_of(layer, {}, range(0, 100));
  parts.merge(survey_of(layer, {}, range(200, 300)));
  std::vector<SurveyImage> rest;
  for (const int64_t image : range(100, 200))
    rest.push_back({image, layer.activations[static_cast<size_t>(image)].data()});
  parts.add(rest);
  const Survey whole = survey_of(layer, {}, range(0, 300));
  for (size_t side = 0; side < 3; ++side) {
    EXPECT_EQ(side_threshold(parts.state(), side, 0.005), side_threshold(whole.state(), side, 0.005));
  }
  EXPECT_LT(static_cast<int64_t>(parts.save().size()), survey_bytes(layer.shape, {}).most);
}

TEST(SurveyMerge, RefusesWhatIsNotOfOnePassAndStaysAsItWas) {
  Rng rng(4, "merge refuses");
  const Layer layer = dense::draw_layer(rng, "conv", 2, 3, 3, 20);
  Survey survey = survey_of(layer, {}, {0, 1, 2});
  const std::string before = survey.save();
  const auto refused = [&](const Layer& other, const SurveySettings& settings, const std::vector<int64_t>& images) {
    EXPECT_THROW(survey.merge(survey_of(other, settings, images)), Error);
    EXPECT_EQ(survey.save(), before);
  };
  refused(layer, {}, {5, 2, 6});  // image 2 is in both
  SurveySettings settings;
  settings.tail = 0.01;
  refused(layer, settings, {5});
  settings = {};
  settings.negative = true;
  refused(layer, settings, {5});
  for (const auto change :
       {+[](SurveyLayer& shape) { shape.name = "relu"; }, +[](SurveyLayer& shape) { shape.images = 19; },
        +[](SurveyLayer& shape) { shape.across.step = 3; }}) {
    Layer other = layer;
    change(other.shape);
    refused(other, {}, {5});
  }
  survey.merge(survey_of(layer, {}, {5}));
  EXPECT_EQ(survey.images(), (std::vector<int64_t>{0, 1, 2, 5}));
}

}  // namespace
}  // namespace microtome
