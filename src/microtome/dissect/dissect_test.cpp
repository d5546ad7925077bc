// SPDX-License-Identifier: Apache-2.0
// The one-pass dissection against dense_reference.h, integer for integer and bit for bit, on random problems.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/dissect/detectors.h"
#include "microtome/dissect/testing/random_problems.h"
#include "microtome/dissect/testing/upsampled_mask.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {
namespace {

// Each edge's share of the values, to within the fine bins that touch the edge.
void require_histogram(const Histogram& histogram, const std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  RC_ASSERT(histogram.low == *low);
  RC_ASSERT(histogram.high == *high);
  int64_t sum = 0;
  const double step = (static_cast<double>(*high) - *low) / static_cast<double>(histogram.counts.size());
  const double fine = std::max(std::fabs(*low), std::fabs(*high)) / 256;
  for (size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    RC_ASSERT(histogram.counts[bin] >= 0);
    sum += histogram.counts[bin];
    const double edge = *low + step * static_cast<double>(bin + 1);
    const auto below = std::count_if(values.begin(), values.end(), [&](float v) { return v < edge - fine; });
    const auto not_above = std::count_if(values.begin(), values.end(), [&](float v) { return v <= edge + fine; });
    if (step > 0) RC_ASSERT(sum >= below);
    if (step > 0) RC_ASSERT(sum <= not_above);
  }
  RC_ASSERT(sum == static_cast<int64_t>(values.size()));
}

TEST(Dissect, OnePassEqualsTheDenseReference) {
  check_property("one pass = dense", 250, [](uint64_t seed) {
    Rng rng(seed, "dissect");
    const Problem p = draw_problem(rng);
    const auto got = dissect(p.layers, p.images, p.set, p.survey, p.tally, 7, 2, false);
    RC_ASSERT(got.size() == p.layers.size());
    for (size_t i = 0; i < got.size(); ++i) {
      const auto signs = static_cast<size_t>(p.survey.positive + p.survey.negative);
      RC_ASSERT(got[i].units.size() == static_cast<size_t>(p.layers[i].shape.units) * signs);
      for (const UnitDissection& unit : got[i].units) {
        require_equal(unit, dense::dissect_row(p.layers[i], p.images, p.set, p.survey, p.tally, unit.unit, unit.sign));
        std::vector<float> values;
        const int cells = p.layers[i].shape.map_width * p.layers[i].shape.map_height;
        for (const int64_t image : p.images) {
          for (int k = 0; k < cells; ++k) {
            const float value =
                p.layers[i].activations[static_cast<size_t>(image)][static_cast<size_t>(unit.unit * cells + k)];
            values.push_back(unit.sign == Sign::kPositive ? value : -value);
          }
        }
        require_histogram(unit.histogram, values);
      }
    }
  });
}

TEST(Dissect, EqualsTheDenseReferenceUnderEveryConvention) {
  check_property("conventions", 400, [](uint64_t seed) {
    Rng rng(seed, "conventions");
    Problem p = draw_problem(rng);
    const Convention convention =
        rng.chance(0.3) ? conventions()[static_cast<size_t>(rng.below(6))] : draw_convention(rng);
    p.tally.convention = &convention;
    if (rng.chance(0.5)) p.tally.min_images = 0;
    for (Layer& layer : p.layers) layer.shape.across = draw_field(rng), layer.shape.down = draw_field(rng);
    constexpr double kTails[] = {0.001, 0.01, 0.05, 0.2};
    for (int64_t tails = rng.below(3); tails > 0; --tails) p.tally.tails.push_back(kTails[rng.below(4)]);
    const auto got = dissect(p.layers, p.images, p.set, p.survey, p.tally, 7, 2, rng.chance(0.3));
    for (size_t i = 0; i < got.size(); ++i) {
      for (const UnitDissection& unit : got[i].units) {
        require_equal(unit, dense::dissect_row(p.layers[i], p.images, p.set, p.survey, p.tally, unit.unit, unit.sign));
      }
    }
  });
}

TEST(Dissect, DoesNotDependOnChunksThreadsOrderOrInterruption) {
  check_property("same result however it is run", 120, [](uint64_t seed) {
    Rng rng(seed, "dissect");
    const Problem p = draw_problem(rng);
    const auto first = dissect(p.layers, p.images, p.set, p.survey, p.tally, 32, 1, false);
    std::vector<int64_t> shuffled = p.images;
    for (size_t i = shuffled.size(); i > 1; --i)
      std::swap(shuffled[i - 1], shuffled[static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
    const std::vector<std::vector<LayerDissection>> others = {
        dissect(p.layers, p.images, p.set, p.survey, p.tally, 1, 3, true),
        dissect(p.layers, p.images, p.set, p.survey, p.tally, 7, 2, true),
        dissect(p.layers, shuffled, p.set, p.survey, p.tally, 7, 3, false)};
    for (const auto& other : others) {
      for (size_t i = 0; i < first.size(); ++i) {
        RC_ASSERT(first[i].images == other[i].images);
        for (size_t k = 0; k < first[i].units.size(); ++k) {
          require_equal(first[i].units[k], other[i].units[k]);
          RC_ASSERT(first[i].units[k].histogram.counts == other[i].units[k].histogram.counts);
        }
      }
    }
  });
}

TEST(Dissect, StreamsLongEnoughForTheBoundToRiseOften) {
  Rng rng(3, "long");
  ListedConceptSet set = dense::draw_concepts(rng, 1500);
  const Layer layer = dense::draw_layer(rng, "long", 12, 7, 6, 1500);
  std::vector<int64_t> images(1500);
  std::iota(images.begin(), images.end(), 0);
  SurveySettings survey;
  survey.negative = true;
  const auto got = dissect({layer}, images, set, survey, {}, 50, 2, true);
  check_property("long stream", 1, [&](uint64_t) {
    for (const UnitDissection& unit : got[0].units) {
      require_equal(unit, dense::dissect_row(layer, images, set, survey, {}, unit.unit, unit.sign));
    }
  });
}

TEST(Dissect, FindsPlantedConceptsExactly) {
  constexpr int kSide = 8, kImages = 40;
  std::vector<ImageLabels> labels;
  Layer layer{{"planted", 2, kSide, kSide, kImages, {}, {}}, {}};
  Rng rng(1, "planted");
  for (int image = 0; image < kImages; ++image) {
    ImageLabels holds{kSide, kSide, {LabelMap(kSide, kSide)}, {}, false};
    std::vector<float> maps(2 * kSide * kSide, 0.0F);
    const int x = static_cast<int>(rng.below(kSide - 1)), y = static_cast<int>(rng.below(kSide));
    holds.planes[0].at(x, y) = holds.planes[0].at(x + 1, y) = 1;
    holds.planes[0].at((x + 4) % kSide, (y + 3) % kSide) = 2;
    for (size_t i = 0; i < kSide * kSide; ++i) {
      maps[i] = holds.planes[0].labels[i] == 1 ? 5.0F : 0.0F;
      maps[kSide * kSide + i] = holds.planes[0].labels[i] == 2 ? -3.0F : 0.0F;
    }
    labels.push_back(std::move(holds));
    layer.activations.push_back(std::move(maps));
  }
  const ListedConceptSet set(dense::index_of({"object"}, {{1, "pair", 0, {0}}, {2, "dot", 0, {0}}}), std::move(labels));
  std::vector<int64_t> images(kImages);
  std::iota(images.begin(), images.end(), 0);
  SurveySettings survey;
  survey.negative = true;
  survey.tail = 0.04;
  const auto got = dissect({layer}, images, set, survey, {}, 16, 1, false);
  const UnitDissection& pair = got[0].units[0];
  EXPECT_EQ(pair.threshold, 0.0F);
  EXPECT_EQ(pair.best.label, 1);
  EXPECT_EQ(pair.best.iou, 1.0);
  EXPECT_EQ(pair.best.ceiling, 1.0);
  EXPECT_EQ(pair.on_pixels, 2 * kImages);
  const UnitDissection& dot = got[0].units[3];
  EXPECT_EQ(dot.sign, Sign::kNegative);
  EXPECT_EQ(dot.best.label, 2);
  EXPECT_EQ(dot.best.iou, 1.0);
  EXPECT_EQ(got[0].units[2].best.label, 0);

  const DetectorCount count = count_detectors(got[0].units, 1);
  EXPECT_EQ(count.units, 4);
  EXPECT_EQ(count.detectors, 2);
  EXPECT_EQ(count.unique, 2);
  EXPECT_EQ(count.unique_by_category, 2);
  EXPECT_EQ(count.by_category[0].detectors, 2);
  EXPECT_EQ(count.by_category[0].unique, 2);
}

TEST(Detectors, AreCountedByBothPublishedMeanings) {
  const auto score = [](int label, int category, double iou) {
    ConceptScore s;
    s.label = label, s.category = category, s.iou = iou;
    return s;
  };
  std::vector<UnitDissection> units(4);
  units[0].best = score(3, 0, 0.2), units[0].by_category = {score(3, 0, 0.2), score(7, 1, 0.1)};
  units[1].best = score(3, 0, 0.1), units[1].by_category = {score(3, 0, 0.1), score(8, 1, 0.05)};
  units[2].best = score(8, 1, kDetectorCut), units[2].by_category = {score(2, 0, 0.01), score(8, 1, kDetectorCut)};
  units[3].by_category.resize(2);
  const DetectorCount count = count_detectors(units, 2);
  EXPECT_EQ(count.units, 4);
  EXPECT_EQ(count.detectors, 3);
  EXPECT_EQ(count.unique, 2);
  EXPECT_EQ(count.unique_by_category, 3);  // 3; 7 and 8: the cut itself is not above the cut
  EXPECT_EQ(count.by_category[0].detectors, 2);
  EXPECT_EQ(count.by_category[0].unique, 1);
  EXPECT_EQ(count.by_category[1].detectors, 1);
}

TEST(Upsampling, EqualsItsDefinitionOnEveryPixel) {
  check_property("upsampling", 500, [](uint64_t seed) {
    Rng rng(seed, "upsampling");
    const int width = static_cast<int>(rng.between(1, 20)), height = static_cast<int>(rng.between(1, 20));
    const int grid_width = static_cast<int>(rng.between(1, 40)), grid_height = static_cast<int>(rng.between(1, 40));
    const auto way = static_cast<Upsampling>(rng.below(5));
    const SurveyLayer layer{"", 1, width, height, 1, draw_field(rng), draw_field(rng)};
    std::vector<float> map(static_cast<size_t>(width * height));
    dense::draw_map(rng, static_cast<int>(rng.below(dense::kManners)), width, height, map.data());
    const float cut = map[static_cast<size_t>(rng.below(width * height))];
    const auto values = upsampled_map(map, width, height, grid_width, grid_height, way, layer.across, layer.down);
    RC_ASSERT(values.size() == static_cast<size_t>(grid_width * grid_height));
    const auto mask = upsampled_mask(map, layer, cut, grid_width, grid_height, way);
    for (int y = 0; y < grid_height; ++y) {
      for (int x = 0; x < grid_width; ++x) {
        const auto i = static_cast<size_t>(y * grid_width + x);
        const float value = dense::pixel_value(map.data(), layer, way, grid_width, grid_height, x, y);
        RC_ASSERT(values[i] == value);
        RC_ASSERT(mask[i] == (value > cut));
      }
    }
  });
}

TEST(Upsampling, RefusesWhatItCannotPlace) {
  const std::vector<float> map(6);
  const auto drawn = [&](int width, Upsampling way, const FieldAxis& field) {
    return upsampled_map(map, width, 2, 4, 4, way, field, field);
  };
  EXPECT_EQ(drawn(3, Upsampling::kField, {0, 1, 60, 224}).size(), 16u);
  EXPECT_THROW(drawn(3, Upsampling::kField, {0, 1, 8, 224}), Error);  // centres 8 px apart on a grid of 56 px a pixel
  EXPECT_THROW(drawn(2, Upsampling::kHalfPixel, {}), Error);
}

TEST(Upsampling, HasHalfPixelCentres) {
  const Axis axis = make_axis(Upsampling::kHalfPixel, 7, 112);  // 16 pixels a cell: the first centre lies at pixel 7.5
  EXPECT_EQ(axis.cell[7], 0);
  EXPECT_EQ(axis.weight[7], 0.0F);
  EXPECT_EQ(axis.weight[8], 0.5F / 16);
  EXPECT_EQ(axis.first[1], 24);
  const auto values = upsampled_map(std::vector<float>{0, 16}, 2, 1, 8, 1);
  EXPECT_EQ(values, (std::vector<float>{0, 0, 2, 6, 10, 14, 16, 16}));
}

// NumPy 2.1: np.quantile([3, 1, 4, 1, 5, 9, 2, 6], 0.9) = 6.9
TEST(Threshold, FollowsNumPysLinearRule) {
  const float values[] = {3, 1, 4, 1, 5, 9, 2, 6};
  std::vector<ImageLabels> labels(8, ImageLabels{1, 1, {}, {}, false});
  const ListedConceptSet set(dense::index_of({"object"}, {{1, "a", 0, {0}}}), labels);
  SurveySettings settings;
  settings.tail = 0.1;
  std::vector<Survey> surveys;
  surveys.emplace_back(SurveyLayer{"fc", 1, 1, 1, 8, {}, {}}, settings);
  for (int64_t i = 0; i < 8; ++i) surveys[0].add(std::vector<SurveyImage>{{i, values + i}});
  const auto got = finish(surveys, set, {}, 1, *make_silent_reporter()).layers;
  EXPECT_FLOAT_EQ(got[0].units[0].threshold, 6.9F);
  EXPECT_EQ(got[0].units[0].on_pixels, 1);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Survey, NamesTheFirstActivationThatIsNotANumber) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> good(40, 1.0F), first(40, 2.0F), second(40, 2.0F);
    first[37] = second[1] = bad;
    Survey survey({"conv", 20, 2, 1, 10, {}, {}}, {});
    const std::vector<SurveyImage> batch = {{4, good.data()}, {6, first.data()}, {5, second.data()}};
    const std::string message = message_of([&] { survey.add(batch, 3); });
    EXPECT_NE(message.find("conv: unit 18"), std::string::npos) << message;
    EXPECT_NE(message.find("image 6"), std::string::npos) << message;
  }
}

TEST(Survey, RefusesWhatItCannotDo) {
  SurveySettings neither;
  neither.positive = false;
  EXPECT_NE(message_of([&] { Survey({"a", 1, 1, 1, 1, {}, {}}, neither); }), "");
  EXPECT_NE(message_of([&] { Survey({"a", 0, 1, 1, 1, {}, {}}, {}); }), "");
  Survey survey({"a", 1, 1, 1, 1, {}, {}}, {});
  const float value = 1;
  survey.add(std::vector<SurveyImage>{{0, &value}});
  EXPECT_NE(message_of([&] { survey.add(std::vector<SurveyImage>{{1, &value}}); }), "");
}

TEST(Survey, SavedBytesThatAreDamagedAreRefusedOrHarmless) {
  Rng rng(5, "damage");
  const Layer layer = dense::draw_layer(rng, "conv", 3, 5, 4, 30);
  Survey survey(layer.shape, {});
  for (int64_t i = 0; i < 30; ++i)
    survey.add(std::vector<SurveyImage>{{i, layer.activations[static_cast<size_t>(i)].data()}});
  const std::string bytes = survey.save();
  EXPECT_EQ(Survey::load(bytes).save(), bytes);
  for (int trial = 0; trial < 300; ++trial) {
    const auto cut = static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size())));
    EXPECT_THROW(Survey::load(bytes.substr(0, cut)), Error);
    std::string flipped = bytes;
    flipped[cut] = static_cast<char>(flipped[cut] ^ (1 << rng.below(8)));
    try {
      Survey loaded = Survey::load(flipped);
      EXPECT_EQ(loaded.save().size(), loaded.save().size());
    } catch (const Error&) {
    }
  }
}

TEST(Tally, RefusesSurveysOfDifferentImagesAndHonoursStrict) {
  std::vector<ImageLabels> labels(3, ImageLabels{1, 1, {}, {}, false});
  ListedConceptSet set(dense::index_of({"object"}, {{1, "a", 0, {0}}}), labels);
  const float value = 1;
  std::vector<Survey> surveys;
  surveys.emplace_back(SurveyLayer{"a", 1, 1, 1, 3, {}, {}}, SurveySettings{});
  surveys.emplace_back(SurveyLayer{"b", 1, 1, 1, 3, {}, {}}, SurveySettings{});
  surveys[0].add(std::vector<SurveyImage>{{0, &value}});
  const auto reporter = make_silent_reporter();
  EXPECT_THROW(finish(surveys, set, {}, 1, *reporter), Error);
  surveys[1].add(std::vector<SurveyImage>{{0, &value}});
  EXPECT_EQ(finish(surveys, set, {}, 1, *reporter).layers[1].images, 1);
  set.unreadable = {0};
  EXPECT_EQ(finish(surveys, set, {}, 1, *reporter).layers[1].images, 0);
  TallySettings strict;
  strict.strict = true;
  EXPECT_THROW(finish(surveys, set, strict, 1, *reporter), Error);
}

class Listener final : public Reporter {
 public:
  void start(const std::string&, int64_t, const std::string&, int64_t) override {}
  void advance(int64_t) override {}
  void finish() override {}
  void note(const std::string&) override {}
  void detail(const std::string&) override {}
  void warn(const std::string& text) override { said += text + "\n"; }
  std::string said;
};

TEST(Tally, SaysWhyNoLabelCanWin) {
  const std::vector<ImageLabels> labels(3, ImageLabels{1, 1, {}, {1}, false});
  const auto warned = [&](const ConceptIndex& index, int min_images) {
    TallySettings settings;
    settings.min_images = min_images;
    Listener listener;
    const std::vector<ImageLabels> none(3, ImageLabels{1, 1, {}, {}, false});
    Tally(ListedConceptSet(index, index.max_label() > 0 ? labels : none), {0, 1, 2}, settings, 1, listener);
    return listener.said;
  };
  const ConceptIndex one = dense::index_of({"object"}, {{1, "a", 0, {0}}});
  EXPECT_EQ(warned(one, 3), "");
  EXPECT_EQ(warned(one, 4), "no label is in 4 of the 3 images, so that no unit gets one: lower `min-images`\n");
  EXPECT_EQ(warned(one, 0), "no label is in 10 of the 3 images, so that no unit gets one: lower `min-images`\n");
  EXPECT_EQ(warned(ConceptIndex({}, {}), 1),
            "the set has no labels, so that no unit gets one; exemplars are found all the same\n");
}

TEST(Memory, NeverExceedsWhatIsPrintedBeforehand) {
  Rng rng(2, "memory");
  // Lone peaks are the worst case: each brings its whole neighbourhood.
  for (const bool lone : {false, true}) {
    Layer layer = dense::draw_layer(rng, "conv", 9, 14, 14, 800);
    for (auto& maps : layer.activations) {
      for (size_t i = 0; lone && i < maps.size(); ++i) maps[i] = i % 31 == 7 ? maps[i] + 5 : -5;
    }
    Survey survey(layer.shape, {});
    const SurveyBytes bytes = survey_bytes(layer.shape, {});
    EXPECT_LE(bytes.usual, bytes.most);
    for (int64_t i = 0; i < 800; ++i) {
      survey.add(std::vector<SurveyImage>{{i, layer.activations[static_cast<size_t>(i)].data()}});
      if (i % 50 != 49) continue;
      EXPECT_LT(static_cast<int64_t>(survey.save().size()), bytes.most);
    }
  }
}

}  // namespace
}  // namespace microtome
