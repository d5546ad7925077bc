// SPDX-License-Identifier: Apache-2.0
// The main job on a planted network: unit 0 answers to red, unit 1 to blue, so their labels are known beforehand.
#include "microtome/study/study_testing.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/measure_pictures.h"
#include "microtome/study/units.h"
#include "microtome/study/workflow.h"
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
    render_units(source_, tasks_, request_, atlas, *reporter);
    units_ = atlas.units("colour", false);
    pictures_ = atlas.pictures("colour", -1, true);
    return atlas.content_hash();
  }

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
  StudyRequest request_;
  std::vector<LayerTask> tasks_ = {{"colour", {0, 1}}};
  std::vector<UnitDissection> units_;
  std::vector<AtlasPicture> pictures_;
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
  const std::vector<std::string> names = derive_baselines(source, {"colour"}, request_);
  EXPECT_EQ(names, (std::vector<std::string>{"colour~random1.3", "colour~shuffled.3"}));
  for (const std::string& name : names) EXPECT_EQ(source.network.layer(name).units, 2);
  EXPECT_EQ(source.network.facts().hash, source_.network.facts().hash) << "still the atlas of this network";
  request_.baselines = {"random"};
  EXPECT_THROW(derive_baselines(source, {"colour"}, request_), Error);
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
  MeasureRequest request;
  request.folder = folder_ + "/set";
  request.size = kSide;
  request.colour = "none";
  EXPECT_THROW(measure_pictures(request, 2, *reporter), Error);  // nothing to write
  request.spectrum = folder_ + "/spectrum.npy";
  EXPECT_EQ(measure_pictures(request, 2, *reporter)["images"], kImages);
  const at::Tensor magnitudes = read_magnitudes(request.spectrum, 3);
  PictureStatistics expected(kSide, Colour("none", 3));
  for (int64_t i = 0; i < kImages; ++i) expected.add(from_image(concepts_->image(i)));
  EXPECT_TRUE(at::equal(magnitudes, expected.magnitudes()));

  fs::resize_file(folder_ + "/set/images/planted/3.png", 60);
  fs::remove(request.spectrum);
  EXPECT_THROW(measure_pictures(request, 2, *reporter), Error);
  EXPECT_TRUE(fs::exists(request.spectrum));  // of the others
  request.colours = folder_ + "/colours.npy";
  EXPECT_THROW(measure_pictures(request, 2, *reporter), Error);  // no green in any
  EXPECT_FALSE(fs::exists(request.colours));
}

TEST(Checkpoint, HoldsASurveyAndRefusesAnothers) {
  SurveySettings settings;
  SurveyCheckpoint stored;
  stored.surveys.emplace_back(SurveyLayer{"a", 2, 2, 2, 8, {}, {}}, settings);
  const std::vector<float> maps = {1, 2, 3, 4, 5, 6, 7, 8};
  stored.surveys[0].add(std::vector<SurveyImage>{{0, maps.data()}});
  stored.images_done = 5;
  stored.skipped = {{"x.png", "broken"}};
  const std::string bytes = save_checkpoint(stored);
  SurveyCheckpoint fresh;
  fresh.surveys.emplace_back(SurveyLayer{"a", 2, 2, 2, 8, {}, {}}, settings);
  EXPECT_TRUE(load_checkpoint(bytes, fresh));
  EXPECT_EQ(fresh.images_done, 5);
  EXPECT_EQ(fresh.skipped[0].file, "x.png");
  EXPECT_EQ(fresh.surveys[0].images(), (std::vector<int64_t>{0}));
  SurveyCheckpoint other;
  other.surveys.emplace_back(SurveyLayer{"b", 2, 2, 2, 8, {}, {}}, settings);
  EXPECT_FALSE(load_checkpoint(bytes, other));
  EXPECT_EQ(other.images_done, 0);
  for (size_t length = 0; length < bytes.size(); length += 7) {
    EXPECT_THROW(load_checkpoint(bytes.substr(0, length), fresh), Error) << length;
  }
}

TEST(Units, AreParsedAndMistakesNamed) {
  EXPECT_EQ(parse_units("", 3, "x"), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(parse_units("4,0-2,1", 5, "x"), (std::vector<int64_t>{0, 1, 2, 4}));
  for (const char* text : {"5", "0-5", "2-1", "a", "1,", "-1", "1--2", " 1"}) {
    EXPECT_THROW(parse_units(text, 5, "x"), Error) << text;
  }
}

}  // namespace
}  // namespace microtome
