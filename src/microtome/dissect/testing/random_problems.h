// SPDX-License-Identifier: Apache-2.0
// For the tests of this room: random problems, dissected in one pass, and equality of what comes out.
#pragma once
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dense_reference.h"
#include "microtome/dissect/testing/dissected.h"

namespace microtome {

using dense::Layer;
using dense::ListedConceptSet;

inline void check_property(const std::string& name, int cases, const std::function<void(uint64_t seed)>& body) {
  rc::detail::TestParams params;
  params.seed = 20170622;
  params.maxSuccess = cases;
  rc::detail::TestMetadata metadata;
  metadata.id = name;
  const auto result = rc::detail::checkTestable([&] { body(*rc::gen::arbitrary<uint64_t>()); }, metadata, params);
  if (!result.template is<rc::detail::SuccessResult>()) {
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    ADD_FAILURE() << name << ": " << text.str();
  }
}

inline void require_equal(const ConceptScore& a, const ConceptScore& b) {
  RC_ASSERT(a.label == b.label);
  RC_ASSERT(a.category == b.category);
  RC_ASSERT(a.intersection == b.intersection);
  RC_ASSERT(a.activation == b.activation);
  RC_ASSERT(a.truth == b.truth);
  RC_ASSERT(a.images == b.images);
  RC_ASSERT(a.iou == b.iou);
  RC_ASSERT(a.ceiling == b.ceiling);
}

inline void require_equal(const std::vector<ConceptScore>& a, const std::vector<ConceptScore>& b) {
  RC_ASSERT(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) require_equal(a[i], b[i]);
}

inline void require_equal(const std::vector<Exemplar>& a, const std::vector<Exemplar>& b) {
  RC_ASSERT(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    RC_ASSERT(a[i].image == b[i].image);
    RC_ASSERT(a[i].activation == b[i].activation);
    RC_ASSERT(a[i].width == b[i].width);
    RC_ASSERT(a[i].height == b[i].height);
    RC_ASSERT(a[i].map == b[i].map);
  }
}

inline void require_equal(const UnitDissection& a, const UnitDissection& b) {
  RC_ASSERT(a.unit == b.unit);
  RC_ASSERT(a.sign == b.sign);
  RC_ASSERT(a.threshold == b.threshold);
  RC_ASSERT(a.minimum == b.minimum);
  RC_ASSERT(a.maximum == b.maximum);
  RC_ASSERT(a.on_pixels == b.on_pixels);
  RC_ASSERT(a.on_images == b.on_images);
  require_equal(a.best, b.best);
  require_equal(a.by_category, b.by_category);
  require_equal(a.top_concepts, b.top_concepts);
  require_equal(a.top, b.top);
  require_equal(a.bottom, b.bottom);
  RC_ASSERT(a.tails.size() == b.tails.size());
  for (size_t i = 0; i < a.tails.size(); ++i) {
    RC_ASSERT(a.tails[i].tail == b.tails[i].tail);
    RC_ASSERT(a.tails[i].threshold == b.tails[i].threshold);
    RC_ASSERT(a.tails[i].on_pixels == b.tails[i].on_pixels);
    require_equal(a.tails[i].best, b.tails[i].best);
  }
}

inline std::vector<LayerDissection> dissect(const std::vector<Layer>& layers, const std::vector<int64_t>& images,
                                            const ListedConceptSet& set, const SurveySettings& survey,
                                            const TallySettings& tally, size_t chunk, int threads, bool interrupt) {
  std::vector<Survey> surveys;
  for (const Layer& layer : layers) {
    surveys.emplace_back(layer.shape, dissection_needs(survey, tally, layer.shape, set));
  }
  for (size_t begin = 0; begin < images.size(); begin += chunk) {
    const size_t end = std::min(images.size(), begin + chunk);
    for (size_t i = 0; i < layers.size(); ++i) {
      std::vector<SurveyImage> batch;
      for (size_t k = begin; k < end; ++k) {
        batch.push_back({images[k], layers[i].activations[static_cast<size_t>(images[k])].data()});
      }
      surveys[i].add(batch, threads);
      if (interrupt && begin / chunk % 3 == 1) surveys[i] = Survey::load(surveys[i].save());
    }
  }
  return finish(surveys, set, tally, threads, *make_silent_reporter()).layers;
}

struct Problem {
  std::vector<Layer> layers;
  std::vector<int64_t> images;  // that could be decoded
  ListedConceptSet set;
  SurveySettings survey;
  TallySettings tally;
};

// Not only the published combinations: every rule with every other.
inline Convention draw_convention(Rng& rng) {
  Convention convention;
  convention.pixel_quantile = rng.chance(0.2);
  convention.upsampling = static_cast<Upsampling>(rng.below(5));
  convention.union_rule = static_cast<UnionRule>(rng.below(3));
  convention.repeats = static_cast<RepeatRule>(rng.below(3));
  convention.zero = static_cast<ZeroRule>(rng.below(4));
  convention.later_category_wins = rng.chance(0.5);
  convention.min_images = static_cast<int>(rng.between(1, 4));
  convention.mask_at_top = convention.upsampling != Upsampling::kZero && rng.chance(0.5);
  return convention;
}

// A receptive field whose centres fall on different pixels of every label grid.
inline FieldAxis draw_field(Rng& rng) {
  return {rng.between(-300, 100), rng.between(1, 500), rng.between(1, 8) * 24 * 30, 24 * 20};
}

inline Problem draw_problem(Rng& rng) {
  const int64_t size = rng.between(1, 60);
  Problem problem{{}, {}, dense::draw_concepts(rng, size), {}, {}};
  for (int64_t layers = rng.between(1, 2); layers > 0; --layers) {
    const bool cell = rng.chance(0.15);
    const int width = cell ? 1 : static_cast<int>(rng.between(1, rng.chance(0.1) ? 70 : 11));
    const int height = cell ? 1 : static_cast<int>(rng.between(1, 11));
    problem.layers.push_back(dense::draw_layer(rng, "layer" + std::to_string(layers),
                                               static_cast<int>(rng.between(1, 11)), width, height, size));
  }
  const bool lossy = rng.chance(0.3);
  for (int64_t image = 0; image < size; ++image) {
    if (!lossy || rng.chance(0.8) || image == 0) problem.images.push_back(image);
  }
  if (rng.chance(0.2)) problem.set.unreadable = {rng.below(size), rng.below(size)};
  constexpr double kTails[] = {0.005, 0.01, 0.02, 0.1, 0.3, 1.0, 5.0 / 999};
  problem.survey.tail = kTails[rng.below(std::size(kTails))];
  problem.survey.top = static_cast<int>(rng.below(5));
  problem.survey.bottom = static_cast<int>(rng.below(5));
  problem.survey.positive = rng.chance(0.8);
  problem.survey.negative = !problem.survey.positive || rng.chance(0.5);
  problem.survey.bins = static_cast<int>(rng.between(1, 64));
  problem.tally.min_images = static_cast<int>(rng.between(1, 12));
  problem.tally.concepts = static_cast<int>(rng.below(5));
  return problem;
}

}  // namespace microtome
