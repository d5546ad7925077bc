// SPDX-License-Identifier: Apache-2.0
// The main job on a planted network: unit 0 answers to red, unit 1 to blue, so their labels are known beforehand.
#include "microtome/study/study_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/concepts/open.h"
#include "microtome/image/codec.h"
#include "microtome/study/compare_pictures.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/dissect_layers.h"
#include "microtome/study/estimate.h"
#include "microtome/study/make_atlas.h"
#include "microtome/study/question.h"
#include "microtome/study/render_pictures.h"
#include "microtome/study/units.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/magnitudes.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;
using testing::kImages;
using testing::kSide;
using testing::planted_source;
using testing::write_planted_set;

class StudyTest : public ::testing::Test {
 protected:
  StudyTest() : source_(planted_source()) {
    fs::remove_all(folder_);
    write_planted_set(folder_ + "/set");
    concepts_ = open_concept_set(folder_ + "/set");
    request_.dissection.tail = 0.25;
    request_.dissection.exemplars = 3;
    request_.render.steps = 12;
    request_.layers = {"colour"};
    request_.threads = 1;
  }
  ~StudyTest() override { fs::remove_all(folder_); }

  // Runs the job into a file of its own and gives the content hash.
  std::string run(const std::string& name) {
    const std::string file = folder_ + "/" + name + ".atlas";
    Atlas atlas = Atlas::open(file, Atlas::Mode::kCreateOrWrite);
    atlas.put_network({source_.network.facts().hash, "memory", "planted", Json::object(), {}}, {layer_record()});
    AtlasConcepts concepts;
    concepts.hash = concepts_->hash();
    concepts.categories = concepts_->index().categories();
    for (int label = 0; label <= concepts_->index().max_label(); ++label) {
      concepts.concepts.push_back(concepts_->index().concept_of(label));
      concepts.display_names.push_back(concepts_->index().display_name(label));
    }
    concepts.images = concepts_->size();
    atlas.put_concepts(concepts);
    const auto reporter = make_silent_reporter();
    dissect_layers(source_, tasks_, *concepts_, request_, atlas, *reporter);
    render_pictures(plan(), request_, atlas, *reporter);
    compare_pictures(source_, nullptr, atlas, 1, *reporter);
    units_ = atlas.units("colour", Detail::kFull);
    pictures_ = atlas.pictures("colour", -1, Detail::kFull);
    return atlas.content_hash();
  }

  // The pictures alone.
  std::string run_pictures(const std::string& name) {
    Atlas atlas = Atlas::open(folder_ + "/" + name + ".atlas", Atlas::Mode::kCreateOrWrite);
    atlas.put_network({source_.network.facts().hash, "memory", "planted", Json::object(), {}}, {layer_record()});
    const auto reporter = make_silent_reporter();
    render_pictures(plan(), request_, atlas, *reporter);
    compare_pictures(source_, nullptr, atlas, 1, *reporter);
    pictures_ = atlas.pictures("colour", -1, Detail::kFull);
    visualizations_ = atlas.visualizations(Detail::kFull);
    return atlas.content_hash();
  }

  PicturePlan plan() const { return plan_pictures(source_, tasks_, request_); }

  static AtlasLayer layer_record() {
    AtlasLayer layer;
    layer.name = "colour";
    layer.op = "Relu";
    layer.shape = {2, kSide, kSide};
    layer.units = 2;
    layer.receptive_field = Json::object();
    return layer;
  }

  const std::string folder_ = ::testing::TempDir() + "microtome_study_test";
  Source source_;
  std::unique_ptr<ConceptSet> concepts_;
  AtlasRequest request_;
  std::vector<LayerTask> tasks_ = {{"colour", {0, 1}}};
  std::vector<UnitDissection> units_;
  std::vector<AtlasPicture> pictures_, visualizations_;
};

TEST_F(StudyTest, FindsThePlantedConceptsWithTheirExactScores) {
  run("planted");
  ASSERT_EQ(units_.size(), 2U);
  for (int unit = 0; unit < 2; ++unit) {
    const UnitDissection& found = units_[static_cast<size_t>(unit)];
    EXPECT_EQ(found.best.label, unit + 1);
    // Every on-pixel lies in the planted half: I = A, so IoU = A / G = the ceiling.
    EXPECT_EQ(found.best.intersection, found.best.activation);
    EXPECT_EQ(found.best.truth, kImages * kSide * kSide / 2);
    EXPECT_DOUBLE_EQ(found.best.iou, found.best.ceiling);
    // A quarter of all cells, which is half of the planted ones; brightness has 196 levels, so ties cost a little.
    EXPECT_NEAR(found.best.iou, 0.5, 0.02);
    EXPECT_EQ(found.top.size(), 3U);
    EXPECT_FLOAT_EQ(found.top[0].activation, found.maximum);
  }
}

TEST_F(StudyTest, PicturesShowTheColourThatTheUnitAnswersTo) {
  run("pictures");
  ASSERT_EQ(pictures_.size(), 4U);  // two units, two signs
  for (const AtlasPicture& picture : pictures_) {
    EXPECT_EQ(picture.status, "ok") << picture.objective;
    EXPECT_GT(picture.curve.back(), picture.curve.front()) << picture.objective;
  }
  EXPECT_EQ(pictures_[1].objective, "-channel(layer=colour~pre,unit=0)");
  EXPECT_FALSE(pictures_[1].activation_ratio.has_value());  // No real image goes below a rectifier's zero.
}

TEST_F(StudyTest, GivesTheSameContentForEveryBatchSizeThreadCountAndRepetition) {
  const std::string expected = run("one");
  for (const int batch : {1, 7, 32}) {
    for (const int threads : {1, 2}) {
      request_.batch = batch;
      request_.threads = threads;
      EXPECT_EQ(run("batch" + std::to_string(batch) + "x" + std::to_string(threads)), expected);
    }
  }
  EXPECT_EQ(run("one"), expected);  // The finished atlas again.
}

TEST_F(StudyTest, RangesTakeASecondPassAndDoNotDependOnHowItIsRun) {
  request_.dissection.ranges = 3;
  const std::string expected = run("ranges");
  for (const UnitDissection& unit : units_) {
    ASSERT_EQ(unit.ranges.size(), 3U);
    int64_t on = 0;
    for (const RangeScore& range : unit.ranges) {
      EXPECT_EQ(range.best.label, unit.unit + 1);
      EXPECT_EQ(range.best.intersection, range.on_pixels);
      on += range.on_pixels;
    }
    EXPECT_EQ(on, kImages * kSide * kSide / 2) << "every planted pixel lies in one range";
    EXPECT_EQ(unit.ranges[0].low, 0);
    EXPECT_EQ(unit.ranges[2].high, unit.maximum);
  }
  request_.batch = 3, request_.threads = 2;
  EXPECT_EQ(run("ranges in threes"), expected);
}

TEST_F(StudyTest, BaselinesAreLayersBesideTheLayer) {
  request_.baselines = {"random-basis", "random-weights"};
  request_.render.seed = 3;
  Source source = source_;
  const std::vector<std::string> layers = {"colour"};
  const std::vector<std::string> names = derive_baselines(source, layers, request_.baselines, request_.render.seed);
  EXPECT_EQ(names, (std::vector<std::string>{"colour~random1.3", "colour~shuffled.3"}));
  for (const std::string& name : names) EXPECT_EQ(source.network.layer(name).units, 2);
  EXPECT_EQ(source.network.facts().hash, source_.network.facts().hash) << "still the atlas of this network";
  request_.baselines = {"random"};
  EXPECT_THROW(derive_baselines(source, layers, request_.baselines, request_.render.seed), Error);
}

TEST_F(StudyTest, RendersAUnitAloneAsAmongOthers) {
  run("all");
  const std::vector<AtlasPicture> together = pictures_;
  tasks_ = {{"colour", {1}}};
  run("alone");
  ASSERT_EQ(pictures_.size(), 2U);
  EXPECT_EQ(pictures_[0].png, together[2].png);
  EXPECT_EQ(units_.front().unit, 1);
}

std::vector<std::string> objectives_of(const PicturePlan& plan) {
  std::vector<std::string> objectives;
  for (const PictureTask& task : plan.tasks) objectives.push_back(task.objective.text);
  return objectives;
}

TEST_F(StudyTest, FillsObjectivesInForEveryLayerUnitAndSign) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(objectives_of(plan()), (Texts{"channel(layer=colour,unit=0)", "-channel(layer=colour~pre,unit=0)",
                                          "channel(layer=colour,unit=1)", "-channel(layer=colour~pre,unit=1)"}));
  request_.objective = "channel({layer}:{unit}) - 0.5*tv";
  request_.variants = 2;
  EXPECT_EQ(objectives_of(plan()),
            (Texts{"channel(layer=colour,unit=0) - 0.5*tv", "channel(layer=colour,unit=0) - 0.5*tv",
                   "channel(layer=colour,unit=1) - 0.5*tv", "channel(layer=colour,unit=1) - 0.5*tv"}));
  EXPECT_EQ(plan().pictures(), 4);
  EXPECT_EQ(plan().tasks[1].variants, std::vector<int>{1});
  request_.variants = 1;
  request_.objective = "{sign}2*channel({layer}:1)";  // No unit: one visualization a layer and sign.
  EXPECT_EQ(objectives_of(plan()), (Texts{"2*channel(layer=colour,unit=1)", "-2*channel(layer=colour~pre,unit=1)"}));
  EXPECT_EQ(plan().tasks[0].layer, "");
}

TEST_F(StudyTest, RefusesRequestsThatContradictThemselves) {
  struct Wrong {
    std::string objective, signs, units;
    bool layers;
    std::string text;
  };
  const std::vector<Wrong> all = {
      {"channel({layer}:{unti})", "", "", true, "there is no placeholder {unti}; nearest: {unit}"},
      {"channel({layer}:{unit)", "", "", true, "column 17"},
      {"channel(colour:0}", "", "", false, "a brace without its partner"},
      {"channel({layer}:{unit})", "", "", false, "add `layers`"},
      {"channel(colour:0)", "", "", true, "does not say {layer}"},
      {"channel(colour:{unit})", "", "", true, "does not say {layer}"},
      {"channel({layer}:0)", "", "0", true, "does not say {unit}"},
      {"channel({layer}:{unit})", "both", "", true, "where the sign goes"},
      {"{sign}channel({layer}:{unit})", "x", "", true, "is not a sign"},
      {"channel(colour:0)", "-", "", false, "no units that they belong to"},
      {"channel(colour:0)", "", "0", false, "no layers that they belong to"},
      {"", "", "", false, "nothing to render"},
      {"chanel(colour:0)", "", "", false, "nearest: \"channel\""},
  };
  for (const Wrong& wrong : all) {
    request_.objective = wrong.objective;
    request_.signs = wrong.signs;
    request_.units = wrong.units;
    request_.layers = wrong.layers ? std::vector<std::string>{"colour"} : std::vector<std::string>{};
    try {
      plan_pictures(source_, wrong.layers ? tasks_ : std::vector<LayerTask>{}, request_);
      ADD_FAILURE() << wrong.objective << " is accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
      EXPECT_NE(std::string(error.what()).find(wrong.text), std::string::npos) << error.what();
    }
  }
}

TEST_F(StudyTest, StoresVisualizationsOfNoSingleUnit) {
  tasks_.clear();
  request_.layers.clear();
  request_.objective = "channel(colour:0)+0.5*channel(colour~pre:1)";
  request_.variants = 2;
  request_.render.frames = {1, 4};
  const std::string first = run_pictures("joint");
  ASSERT_EQ(visualizations_.size(), 2U);
  for (int variant = 0; variant < 2; ++variant) {
    const AtlasPicture& picture = visualizations_[static_cast<size_t>(variant)];
    EXPECT_EQ(picture.objective, "channel(layer=colour,unit=0) + 0.5*channel(layer=colour~pre,unit=1)");
    EXPECT_EQ(picture.variant, variant);
    EXPECT_GT(picture.score, picture.curve.front());
    EXPECT_EQ(picture.facts.steps, 12);
    EXPECT_EQ(picture.facts.redirected_steps, 0);
    ASSERT_EQ(picture.frames.size(), 2U);
    EXPECT_EQ(picture.frames[1].step, 4);
    EXPECT_EQ(decode_image(picture.frames[1].webp, "frame").width, picture.width);
  }
  EXPECT_NE(visualizations_[0].png, visualizations_[1].png);
  EXPECT_EQ(run_pictures("joint"), first);
  request_.variants = 1;  // A further request leaves the rest of the first one alone.
  EXPECT_EQ(run_pictures("joint"), first);
}

TEST_F(StudyTest, MakesComparedPicturesTogetherAndTakesThemUpWhole) {
  request_.objective = "channel({layer}:{unit}) - 0.1*diversity({layer})";
  EXPECT_THROW(plan(), Error);  // One picture is nothing to compare.
  request_.variants = 3;
  ASSERT_EQ(plan().tasks.size(), 2U);
  EXPECT_EQ(plan().tasks[1].variants, (std::vector<int>{0, 1, 2}));
  const std::string calm = run_pictures("calm");
  ASSERT_EQ(pictures_.size(), 6U);
  // A group of which a picture is missing is made again as a whole.
  Atlas atlas = Atlas::open(folder_ + "/torn.atlas", Atlas::Mode::kCreateOrWrite);
  atlas.put_network({source_.network.facts().hash, "memory", "planted", Json::object(), {}}, {layer_record()});
  const int64_t begun = atlas.begin_run(plan().provenance);
  atlas.put_picture(begun, pictures_[0]);
  EXPECT_FALSE(plan().done(atlas, begun, plan().tasks[0]));
  const auto reporter = make_silent_reporter();
  render_pictures(plan(), request_, atlas, *reporter);
  compare_pictures(source_, nullptr, atlas, 1, *reporter);
  EXPECT_EQ(atlas.content_hash(), calm);
}

TEST_F(StudyTest, SaysHowMuchVariantsDiffer) {
  request_.variants = 2;
  run_pictures("grown");
  ASSERT_EQ(pictures_.size(), 8U);
  const std::optional<double> two = pictures_[0].facts.diversity;
  EXPECT_EQ(pictures_[1].facts.diversity, two);
  EXPECT_NE(pictures_[0].png, pictures_[1].png);
  request_.variants = 3;
  const std::string later = run_pictures("grown");
  for (const AtlasPicture& picture : pictures_) EXPECT_EQ(picture.facts.variants, 3);
  EXPECT_EQ(run_pictures("at_once"), later);
  EXPECT_EQ(run_pictures("at_once"), later);
}

TEST_F(StudyTest, EstimatesWhatIsLeftAndWritesNothing) {
  request_.render.frames = {1, 4};
  const Json whole = estimate(source_, plan(), request_, nullptr);
  EXPECT_EQ(whole["pictures"], 4);
  EXPECT_EQ(whole["done"], 0);
  EXPECT_EQ(whole["size"], kSide);
  EXPECT_EQ(whole["steps"], 12);
  EXPECT_EQ(whole["layers"][0]["layer"], "colour");
  EXPECT_GT(whole["seconds"], 0);
  run_pictures("estimate");
  const std::string file = folder_ + "/estimate.atlas";
  int64_t stored = 0;
  for (const AtlasPicture& picture : pictures_) {
    stored += std::ssize(picture.png) + std::ssize(picture.curve) * 4;
    for (const AtlasFrame& frame : picture.frames) stored += std::ssize(frame.webp);
  }
  EXPECT_GT(whole["bytes"], stored / 2);
  EXPECT_LT(whole["bytes"], stored * 4);
  const auto written = fs::last_write_time(file);
  const Atlas atlas = Atlas::open(file, Atlas::Mode::kRead);
  EXPECT_EQ(estimate(source_, plan(), request_, &atlas)["seconds"], 0);
  request_.variants = 2;
  const Json rest = estimate(source_, plan(), request_, &atlas);
  EXPECT_EQ(rest["pictures"], 8);
  EXPECT_EQ(rest["done"], 4);
  EXPECT_EQ(fs::last_write_time(file), written);
}

// A later release finds the runs of an earlier one again: keys, their order and what is left out stay.
TEST_F(StudyTest, RunsKeepTheNamesThatTheyWereFirstGiven) {
  const Preprocessing& p = source_.preprocessing;
  const Json input = {{"side", p.side}, {"low", p.low},       {"high", p.high},
                      {"mean", p.mean}, {"std", p.deviation}, {"bgr", p.bgr}};
  request_.units = "0-1";
  request_.render.seed = 2;
  request_.batch = 3;
  run("named");
  Json dissected = Json::parse(R"({"compat":"default","tail":0.25,"tails":[],"min-images":0,"exemplars":3,"null":100,
      "bootstrap":200,"formulas":0,"beam":5,"optimal":false,"ranges":0,"selfcheck":false,"seed":2})");
  dissected["input"] = input;
  const Atlas atlas = Atlas::open(folder_ + "/named.atlas", Atlas::Mode::kRead);
  EXPECT_TRUE(atlas.find_run(
      {"dissect", MICROTOME_VERSION, source_.network.facts().hash, concepts_->hash(), dissected, "another command"}));

  request_.objective = "channel({layer}:{unit}) - 0.1*diversity({layer})";
  request_.variants = 3;
  const PicturePlan pictures = plan();
  Json drawn = to_json(pictures.settings);
  drawn["objective"] = request_.objective;
  drawn["variants"] = 3;
  drawn["input"] = input;
  drawn["instructions"] = pictures.provenance.settings["instructions"];
  EXPECT_EQ(pictures.provenance.settings.dump(), drawn.dump());
}

TEST_F(StudyTest, LeavesADamagedImageOutAndNamesIt) {
  fs::resize_file(folder_ + "/set/images/planted/3.png", 60);
  Atlas atlas = Atlas::open(folder_ + "/damaged.atlas", Atlas::Mode::kCreateOrWrite);
  atlas.put_network({source_.network.facts().hash, "memory", "planted", Json::object(), {}}, {layer_record()});
  const auto reporter = make_silent_reporter();
  const std::vector<SkippedImage> skipped = dissect_layers(source_, tasks_, *concepts_, request_, atlas, *reporter);
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_EQ(skipped[0].file, "planted/3.png");
  EXPECT_EQ(atlas.dissection_info("colour")->images, kImages - 1);
  request_.strict = true;
  request_.dissection.tail = 0.2;
  EXPECT_THROW(dissect_layers(source_, tasks_, *concepts_, request_, atlas, *reporter), Error);
}

TEST_F(StudyTest, MeasuresThePicturesOfASetAndNotItsMasks) {
  const auto reporter = make_silent_reporter();
  const std::string spectrum = folder_ + "/spectrum.npy", colours = folder_ + "/colours.npy";
  Json request = {{"folder", folder_ + "/set"}, {"threads", 2}, {"size", kSide}, {"colour", "none"}};
  const auto measure = [&] { return questions::named("measure").answer(request, {*reporter, {}}); };
  EXPECT_THROW(measure(), Error);  // nothing to write
  request["spectrum"] = spectrum;
  EXPECT_EQ(measure()["images"], kImages);
  const at::Tensor magnitudes = read_magnitudes(spectrum, 3);
  PictureStatistics expected(kSide, Colour("none", 3));
  for (int64_t i = 0; i < kImages; ++i) expected.add(from_image(concepts_->image(i)));
  EXPECT_TRUE(at::equal(magnitudes, expected.magnitudes()));

  fs::resize_file(folder_ + "/set/images/planted/3.png", 60);
  fs::remove(spectrum);
  EXPECT_THROW(measure(), Error);
  EXPECT_TRUE(fs::exists(spectrum));  // of the others
  request["colours"] = colours;
  EXPECT_THROW(measure(), Error);  // no green in any
  EXPECT_FALSE(fs::exists(colours));
}

}  // namespace
}  // namespace microtome
