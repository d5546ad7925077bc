// SPDX-License-Identifier: Apache-2.0
// Traces and dreams from files to files, on the planted network.
#include <gtest/gtest.h>

#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/concepts/open.h"
#include "microtome/image/codec.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/study/dissect_layers.h"
#include "microtome/study/question.h"
#include "microtome/study/study_testing.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;
using testing::kSide;

// Counts what a user would be warned of.
class CountingReporter final : public Reporter {
 public:
  explicit CountingReporter(int& warnings) : warnings_(warnings) {}
  void start(const std::string&, int64_t, const std::string&, int64_t) override {}
  void advance(int64_t) override {}
  void finish() override {}
  void note(const std::string&) override {}
  void detail(const std::string&) override {}
  void warn(const std::string&) override { ++warnings_; }

 private:
  int& warnings_;
};

class PhotosTest : public ::testing::Test {
 protected:
  PhotosTest() : reporter_(std::make_unique<CountingReporter>(warnings_)) {
    fs::remove_all(folder_);
    testing::write_planted_set(folder_ + "/set");
    save_network(testing::planted_source().network, network_);
    trace_ = {
        {"network", network_}, {"layer", "colour"}, {"out", folder_ + "/traces"}, {"threads", 1}, {"tile", kSide}};
    dream_ = {{"network", network_}, {"layer", "colour"}, {"photo", photo_}, {"out", folder_ + "/dream.png"},
              {"threads", 1},        {"octaves", 1},      {"steps", 2}};
  }
  ~PhotosTest() override { fs::remove_all(folder_); }

  Json ask(std::string_view question, const Json& request) {
    return questions::named(question).answer(request, {*reporter_, {}});
  }

  // A dissection of the set, in the atlas that the request names.
  void make_atlas() {
    NetworkArguments network;
    network.file = network_;
    const Source source = open_source(network);
    const auto concepts = open_concept_set(folder_ + "/set");
    Atlas atlas = Atlas::open(folder_ + "/planted.atlas", Atlas::Mode::kCreateOrWrite);
    AtlasLayer layer;
    layer.name = "colour";
    layer.shape = {2, kSide, kSide};
    layer.units = 2;
    layer.receptive_field = Json::object();
    atlas.put_network({source.network.facts().hash, "safetensors", "planted", Json::object(), {}}, {layer});
    AtlasConcepts record;
    record.hash = concepts->hash();
    record.categories = concepts->index().categories();
    for (int label = 0; label <= concepts->index().max_label(); ++label) {
      record.concepts.push_back(concepts->index().concept_of(label));
      record.display_names.push_back(concepts->index().display_name(label));
    }
    record.images = concepts->size();
    atlas.put_concepts(record);
    DissectRequest request;
    request.dissection.tail = 0.25;
    request.dissection.exemplars = 3;
    request.threads = 1;
    dissect_layers(source, {{"colour", {0, 1}}}, *concepts, request, atlas, *reporter_);
    exemplars_ = {atlas.unit("colour", 0, Sign::kPositive)->top, atlas.unit("colour", 1, Sign::kPositive)->top};
    trace_["atlas"] = folder_ + "/planted.atlas";
    trace_["concepts"] = folder_ + "/set";
  }

  const std::string folder_ = ::testing::TempDir() + "microtome_photos_test";
  const std::string network_ = folder_ + "/planted.safetensors";
  const std::string photo_ = folder_ + "/set/images/planted/0.png";
  Json trace_, dream_;
  std::vector<std::vector<Exemplar>> exemplars_;
  int warnings_ = 0;
  std::unique_ptr<Reporter> reporter_;
};

// Those of one unit among the traces of an answer.
std::vector<Json> traces_of(const Json& answer, size_t unit) {
  std::vector<Json> found;
  for (const Json& trace : answer["traces"]) {
    if (trace["unit"] == unit) found.push_back(trace);
  }
  return found;
}

TEST_F(PhotosTest, TracesTheUnitsOfFiles) {
  const std::vector<std::string> files = {photo_, folder_ + "/set/images/planted/1.png"};
  trace_["images"] = files;
  const Json facts = ask("trace", trace_);
  ASSERT_EQ(facts["traces"].size(), 4U);
  for (size_t unit = 0; unit < 2; ++unit) {
    const std::vector<Json> traces = traces_of(facts, unit);
    ASSERT_EQ(traces.size(), 2U);
    for (size_t i = 0; i < 2; ++i) {
      const Json& trace = traces[i];
      EXPECT_EQ(trace["file"], files[i]);
      const bool left = trace["x"].get<int64_t>() < kSide / 2;
      EXPECT_EQ(left, unit == 0);  // red is on the left
      const Image image = load_image(files[i]);
      const uint8_t* pixel = image.at(trace["x"].get<int>(), trace["y"].get<int>());
      EXPECT_NEAR(trace["activation"].get<double>(), pixel[2 * unit] / 255.0, 1e-6);
      EXPECT_EQ(trace["left"], trace["x"]);  // a 1 x 1 filter sees its own pixel
      EXPECT_EQ(trace["top"], trace["y"]);
    }
    // Two pairs in a row; gaps of 4 pixels around and between.
    const Image sheet = load_image(traces[0]["picture"].get<std::string>());
    EXPECT_EQ(sheet.width, 4 * kSide + 5 * 4);
    EXPECT_EQ(sheet.height, kSide + 2 * 4);
    const uint8_t* drawn = sheet.at(4 + kSide + 4 + 1, 5);  // unit 0: +1 red -1 green -1 blue
    EXPECT_EQ(drawn[0], unit == 0 ? 255 : 0);
    EXPECT_EQ(drawn[2], unit == 0 ? 0 : 255);
  }
}

TEST_F(PhotosTest, TracesTheExemplarsOfAnAtlas) {
  make_atlas();
  const Json facts = ask("trace", trace_);
  for (size_t unit = 0; unit < 2; ++unit) {
    const std::vector<Json> traces = traces_of(facts, unit);
    ASSERT_EQ(traces.size(), 3U);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(traces[i]["file"], "planted/" + std::to_string(exemplars_[unit][i].image) + ".png");
      EXPECT_FLOAT_EQ(traces[i]["activation"].get<float>(), exemplars_[unit][i].activation);
    }
  }
  EXPECT_EQ(warnings_, 0);
  trace_["range"] = "0,2";
  ask("trace", trace_);
  EXPECT_EQ(warnings_, 1);  // activations are not the atlas's
  trace_.erase("range");
  trace_["exemplars"] = 1;
  trace_["units"] = "1";
  const Json one = ask("trace", trace_);
  ASSERT_EQ(one["traces"].size(), 1U);
  EXPECT_EQ(one["traces"][0]["unit"], 1);
  EXPECT_TRUE(fs::exists(folder_ + "/traces/colour/0001+.png"));
}

TEST_F(PhotosTest, TracesRefuseWhatDoesNotFit) {
  EXPECT_THROW(ask("trace", trace_), Error);  // no images
  make_atlas();
  trace_["images"] = Json::array({photo_});
  EXPECT_THROW(ask("trace", trace_), Error);  // images and an atlas
  trace_.erase("images");
  trace_["units"] = "2";
  EXPECT_THROW(ask("trace", trace_), Error);
  trace_.erase("units");
  trace_["layer"] = "colour/linear";
  EXPECT_THROW(ask("trace", trace_), Error);  // not dissected
  trace_["layer"] = "colour";
  trace_.erase("concepts");
  EXPECT_THROW(ask("trace", trace_), Error);
  trace_["concepts"] = folder_ + "/set";
  GraphBuilder other;
  const ValueIndex input = other.input("input", {-1, 3, kSide, kSide});
  save_network({other.finish({other.relu("colour", input)}), {}}, network_);
  EXPECT_THROW(ask("trace", trace_), Error);  // another network
}

TEST_F(PhotosTest, AFileThatIsNoImageIsNamedAndLeftOut) {
  write_file(folder_ + "/broken.png", "not a picture");
  trace_["images"] = {folder_ + "/missing.png", photo_, folder_ + "/broken.png"};
  const Json facts = ask("trace", trace_);
  const std::vector<Json> traces = traces_of(facts, 0);
  ASSERT_EQ(traces.size(), 3U);
  EXPECT_TRUE(traces[0].contains("error"));
  EXPECT_FALSE(traces[1].contains("error"));
  EXPECT_TRUE(traces[2].contains("error"));
  EXPECT_EQ(warnings_, 2);  // once for each file, not for each unit
}

TEST_F(PhotosTest, TheDreamOfAUnitIsItsColour) {
  dream_["units"] = "1";
  dream_["lr"] = 20;
  dream_["steps"] = 3;
  dream_["frames"] = folder_ + "/frames";
  const Json facts = ask("dream", dream_);
  EXPECT_TRUE(facts["started"].get<bool>());
  EXPECT_GT(facts["last"].get<double>(), facts["first"].get<double>());
  const Image photo = load_image(photo_), dream = load_image(dream_["out"].get<std::string>());
  ASSERT_EQ(dream.width, kSide);
  double red = 0, blue = 0;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      red += dream.at(x, y)[0] - photo.at(x, y)[0];
      blue += dream.at(x, y)[2] - photo.at(x, y)[2];
    }
  }
  EXPECT_GT(blue, 0);
  EXPECT_LE(red, 0);
  EXPECT_TRUE(load_image(folder_ + "/frames" + "/00003.png") == dream);
}

TEST_F(PhotosTest, DreamsRefuseWhatIsNotThere) {
  dream_["units"] = "2";
  EXPECT_THROW(ask("dream", dream_), Error);
  dream_.erase("units");
  dream_["layer"] = "color";
  EXPECT_THROW(ask("dream", dream_), Error);
  dream_["layer"] = "colour";
  dream_["guide"] = folder_ + "/missing.png";
  EXPECT_THROW(ask("dream", dream_), Error);
  dream_.erase("guide");
  dream_["photo"] = folder_ + "/missing.png";
  EXPECT_THROW(ask("dream", dream_), Error);
  EXPECT_FALSE(fs::exists(dream_["out"].get<std::string>()));
}

}  // namespace
}  // namespace microtome
