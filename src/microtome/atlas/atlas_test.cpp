// SPDX-License-Identifier: Apache-2.0
// What goes into an atlas comes out of it, whatever it is; resuming, replacing and the content hash.
#include "microtome/atlas/atlas.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/atlas/testing/random_atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/json.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

class AtlasTest : public AtlasFixture {};

TEST_F(AtlasTest, GivesBackWhatItWasGiven) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const RandomAtlas content(seed);
    const std::string path = fresh_path();
    {
      Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
      content.write(atlas);
      content.expect_in(atlas);
    }
    content.expect_in(Atlas::open(path, Atlas::Mode::kRead));
  }
}

TEST_F(AtlasTest, ContentHashForgetsOrderRepetitionAndRuns) {
  const RandomAtlas content(5);
  const std::string straight = fresh_path(), crooked = fresh_path();
  Atlas a = Atlas::open(straight, Atlas::Mode::kCreateOrWrite);
  content.write(a);
  Atlas b = Atlas::open(crooked, Atlas::Mode::kCreateOrWrite);
  RandomAtlas(6, content).write_results(b, content, "1");  // Another result first, which makes room for the next ones.
  content.write_backwards(b);
  content.write_backwards(b);
  EXPECT_NE(a.content_hash(), b.content_hash());
  for (const Provenance& run : b.runs()) {
    if (run.version == "2") b.drop_other_dissections(run.id), b.drop_other_pictures(run.id);
  }
  EXPECT_EQ(a.content_hash(), b.content_hash());
  content.expect_in(b);
}

TEST_F(AtlasTest, ContentHashSeesEveryChange) {
  const RandomAtlas content(5);
  std::set<std::string> hashes;
  const std::vector<std::function<void(RandomAtlas&)>> changes = {
      [](RandomAtlas&) {},
      [](RandomAtlas& c) { c.network.name += "x"; },
      [](RandomAtlas& c) { c.layers[1].macs_share += 0.5; },
      [](RandomAtlas& c) { c.concepts.display_names[1] += "x"; },
      [](RandomAtlas& c) { c.dissections[0].tail *= 2; },
      [](RandomAtlas& c) { c.dissections[0].convention = "quick"; },
      [](RandomAtlas& c) { c.dissections[0].units[0].best.measures.f1 = 7; },
      [](RandomAtlas& c) {
        c.dissections[0].units[0].interval = BootstrapInterval{1, 2, 3};
      },
      [](RandomAtlas& c) { c.dissections[0].units[0].tails.push_back({}); },
      [](RandomAtlas& c) { c.dissections[0].units[0].best.intersection += 1; },
      [](RandomAtlas& c) { c.dissections[0].units[0].threshold += 1; },
      [](RandomAtlas& c) { c.dissections[0].units[0].histogram.counts[0] += 1; },
      [](RandomAtlas& c) { c.dissections[0].units[0].top[0].map[0] += 1; },
      [](RandomAtlas& c) { c.dissections[0].units[0].top[0].activation += 1; },
      [](RandomAtlas& c) { c.thumbnails[0].bytes += "x"; },
      [](RandomAtlas& c) { c.thumbnails[0].file += "x"; },
      [](RandomAtlas& c) { c.pictures[0].png += "x"; },
      [](RandomAtlas& c) { c.pictures[0].curve.push_back(1); },
      [](RandomAtlas& c) { c.pictures[0].values.push_back(1); },
      [](RandomAtlas& c) { c.visualizations[0].values.push_back(1); },
      [](RandomAtlas& c) { c.pictures[0].facts.rank = 123.5; },
      [](RandomAtlas& c) { c.pictures[0].activation_ratio = 123.0; },
      [](RandomAtlas& c) { c.pictures[0].score += 1; },
      [](RandomAtlas& c) {
        c.pictures[0].frames = {{1000, "frame"}};
      },
      [](RandomAtlas& c) {
        c.pictures[0].frames = {{1001, "frame"}};
      },
      [](RandomAtlas& c) {
        c.pictures[0].frames = {{1001, "other"}};
      },
      [](RandomAtlas& c) { c.visualizations[0].png += "x"; },
      [](RandomAtlas& c) { c.visualizations[0].objective += "x"; },
      [](RandomAtlas& c) {
        c.visualizations[0].frames = {{1000, "frame"}};
      },
  };
  for (const auto& change : changes) {
    RandomAtlas changed = content;
    change(changed);
    Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
    changed.write(atlas);
    EXPECT_TRUE(hashes.insert(atlas.content_hash()).second) << "change " << hashes.size() << " is not seen";
  }
}

TEST_F(AtlasTest, TellsWhatARunHasDone) {
  const RandomAtlas content(3);
  const std::string path = fresh_path();
  int64_t first = 0, second = 0;
  {
    Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
    atlas.put_network(content.network, content.layers);
    atlas.put_concepts(content.concepts);
    first = atlas.begin_run({"dissect", "1", "n", "d", Json{{"tail", 0.005}, {"seed", 1}}, "first words"});
    second = atlas.begin_run({"dissect", "1", "n", "d", Json{{"tail", 0.01}, {"seed", 1}}, "first words"});
    EXPECT_NE(first, second);
    atlas.put_dissection(first, content.dissections[0], content.thumbnails);
    atlas.put_picture(first, content.pictures[0]);
  }
  Atlas atlas = Atlas::open(path, Atlas::Mode::kWrite);
  // The order of settings and the words of the command do not make another run.
  EXPECT_EQ(first, atlas.begin_run({"dissect", "1", "n", "d", Json{{"seed", 1}, {"tail", 0.005}}, "other words"}));
  const std::string& layer = content.dissections[0].layer;
  EXPECT_EQ(atlas.dissected(first, layer).size(), content.dissections[0].units.size());
  EXPECT_TRUE(atlas.dissected(second, layer).empty());
  EXPECT_TRUE(atlas.dissected(first, content.layers.back().name).empty());
  const AtlasPicture& p = content.pictures[0];
  AtlasPicture further = p, other = p;
  further.variant += 1;
  other.objective += " and more";
  EXPECT_TRUE(atlas.has_picture(first, p));
  EXPECT_FALSE(atlas.has_picture(second, p));
  EXPECT_FALSE(atlas.has_picture(first, further));
  EXPECT_FALSE(atlas.has_picture(first, other));
  AtlasPicture joint = content.visualizations[2];
  EXPECT_FALSE(atlas.has_picture(first, joint));
  atlas.put_pictures(first, content.visualizations);
  EXPECT_TRUE(atlas.has_picture(first, joint));
  EXPECT_FALSE(atlas.has_picture(second, joint));
  joint.variant += 1;
  EXPECT_FALSE(atlas.has_picture(first, joint));
  EXPECT_EQ(atlas.find_run({"dissect", "1", "n", "d", Json{{"seed", 1}, {"tail", 0.005}}, "more words"}), first);
  EXPECT_FALSE(atlas.find_run({"visualize", "1", "n", "d", Json{{"seed", 1}, {"tail", 0.005}}, "more words"}));
  EXPECT_EQ(atlas.dissection_info(layer)->run, first);
  atlas.put_dissection(second, content.dissections[0], content.thumbnails);
  EXPECT_EQ(atlas.dissected(first, layer), atlas.dissected(second, layer)) << "both are kept";
  EXPECT_EQ(atlas.dissections(layer).size(), 2U);
  EXPECT_EQ(atlas.drop_other_dissections(second), 1);
  EXPECT_TRUE(atlas.dissected(first, layer).empty());
  ASSERT_EQ(atlas.runs().size(), 2u);
  EXPECT_EQ(atlas.runs()[0].command, "first words");
  EXPECT_EQ(atlas.runs()[1].settings, (Json{{"tail", 0.01}, {"seed", 1}}));
}

TEST_F(AtlasTest, KeepsACheckpointUntilItsRunEnds) {
  const std::string path = fresh_path();
  Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
  const int64_t run = atlas.begin_run({"dissect", "1", "n", "d", Json::object(), ""});
  EXPECT_FALSE(atlas.checkpoint(run).has_value());
  atlas.put_checkpoint(run, 3, "");
  EXPECT_EQ(atlas.checkpoint(run)->state, "");
  std::string state(20'000'000, '\0');  // More than one part.
  for (size_t at = 0; at < state.size(); at += 4099) state[at] = static_cast<char>(at);
  atlas.put_checkpoint(run, 7, state);
  EXPECT_EQ(atlas.checkpoint(run)->images_done, 7);
  EXPECT_TRUE(atlas.checkpoint(run)->state == state);
  atlas.end_run(run);
  EXPECT_FALSE(atlas.checkpoint(run).has_value());
  EXPECT_LT(std::filesystem::file_size(path), 1'000'000u) << "the state's room is given back";
}

TEST_F(AtlasTest, ReplacedPicturesLeaveNothingBehind) {
  const RandomAtlas content(3);
  const std::string path = fresh_path();
  Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
  atlas.put_network(content.network, content.layers);
  const int64_t run = atlas.begin_run({"visualize", "1", "n", "", Json::object(), ""});
  AtlasPicture unit = content.pictures[0], joint = content.visualizations[0];
  for (AtlasPicture* picture : {&unit, &joint}) {
    picture->png = "first";
    picture->frames = {{1, "early"}, {8, "shared"}};
    atlas.put_picture(run, *picture);
  }
  unit.frames = {{1, "shared"}};
  joint.frames.clear();
  unit.png = joint.png = "second";
  for (int repeat = 0; repeat < 2; ++repeat) atlas.put_pictures(run, std::vector{unit, joint});
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("SELECT group_concat(bytes) FROM (SELECT bytes FROM blob ORDER BY bytes)").getString(),
            "second,shared");
  EXPECT_EQ(database.execAndGet("SELECT COUNT(*) FROM frame").getInt(), 1);
  EXPECT_FALSE(atlas.picture(1000).has_value());
}

TEST_F(AtlasTest, PicturesOfTwoObjectivesStandSideBySide) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  atlas.put_network(content.network, content.layers);
  const int64_t run = atlas.begin_run({"visualize", "1", "n", "", Json::object(), ""});
  AtlasPicture picture = content.pictures[0];
  for (const char* objective : {"channel(layer=a,unit=1) - 0.1*tv", "alone(a)", "channel(layer=a,unit=1)"}) {
    picture.objective = picture.png = objective;
    atlas.put_picture(run, picture);
    atlas.put_picture(run, picture);
  }
  const auto found = atlas.pictures(picture.layer, picture.unit, Detail::kFull);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].objective, "channel(layer=a,unit=1)") << "what stands for the unit comes first";
  EXPECT_EQ(found[1].objective, "alone(a)");
  for (const AtlasPicture& one : found) EXPECT_EQ(one.png, one.objective);
}

TEST_F(AtlasTest, PicturesMadeTogetherComeWholeOrNotAtAll) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  const int64_t run = content.write(atlas);
  const std::string before = atlas.content_hash();
  std::vector<AtlasPicture> group = {content.visualizations[0], content.visualizations[0]};
  group[0].png = "changed";
  group[1].frames = {{1, "a"}, {1, "b"}};
  EXPECT_ERROR(atlas.put_pictures(run, group), ErrorKind::kInternal, HasSubstr("contradictory"));
  EXPECT_EQ(atlas.content_hash(), before);
}

TEST_F(AtlasTest, HoldsOneNetworkAndOneConceptSet) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  content.write(atlas);
  AtlasNetwork other = content.network;
  other.hash = "another";
  EXPECT_ERROR(atlas.put_network(other, content.layers), ErrorKind::kUsage, HasSubstr("holds another network"));
  AtlasConcepts more = content.concepts;
  more.images += 1;
  EXPECT_ERROR(atlas.put_concepts(more), ErrorKind::kUsage, HasSubstr("another concept set"));
  content.write(atlas);
  content.expect_in(atlas);
}

TEST_F(AtlasTest, KeepsLayersWithResultsWhenTheNetworkIsPutAgain) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  content.write(atlas);
  std::vector<AtlasLayer> fewer(content.layers.rbegin(), content.layers.rend());
  std::erase_if(fewer, [&](const AtlasLayer& l) { return l.name == content.dissections[0].layer; });
  fewer.pop_back();
  atlas.put_network(content.network, fewer);
  std::vector<std::string> names;
  for (const AtlasLayer& layer : atlas.layers()) names.push_back(layer.name);
  for (size_t at = 0; at < fewer.size(); ++at) EXPECT_EQ(names[at], fewer[at].name);
  EXPECT_THAT(names, testing::Contains(content.dissections[0].layer));
  EXPECT_FALSE(atlas.units(content.dissections[0].layer, Detail::kBrief).empty());
}

TEST_F(AtlasTest, NamesTheNearestLayer) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  content.write(atlas);
  const std::string wrong = content.layers[0].name + "x";
  EXPECT_ERROR(atlas.units(wrong, Detail::kBrief), ErrorKind::kNotFound,
               HasSubstr("nearest: \"" + content.layers[0].name));
  LayerDissection lost = content.dissections[0];
  lost.layer = wrong;
  const std::string before = atlas.content_hash();
  EXPECT_ERROR(atlas.put_dissection(1, lost, {}), ErrorKind::kNotFound, HasSubstr("has no layer"));
  EXPECT_EQ(atlas.content_hash(), before);
}

TEST_F(AtlasTest, RefusesContradictionsWhole) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  const int64_t run = content.write(atlas);
  const std::string before = atlas.content_hash();
  LayerDissection twice = content.dissections[0];
  twice.units.push_back(twice.units[0]);
  EXPECT_ERROR(atlas.put_dissection(run, twice, {}), ErrorKind::kInternal, HasSubstr("contradictory"));
  LayerDissection torn = content.dissections[0];
  torn.units[0].top[0].map.pop_back();
  EXPECT_ERROR(atlas.put_dissection(run, torn, {}), ErrorKind::kInternal, HasSubstr("its map has"));
  EXPECT_ERROR(atlas.put_picture(run + 100, content.pictures[0]), ErrorKind::kInternal, HasSubstr("contradictory"));
  EXPECT_EQ(atlas.content_hash(), before);
}

TEST_F(AtlasTest, NumbersThatAreNoneComeBackAsSuch) {
  RandomAtlas content(3);
  content.pictures[0].activation = NAN;
  content.pictures[0].best_exemplar = INFINITY;
  content.dissections[0].units[0].threshold = -INFINITY;
  content.dissections[0].units[0].top[0].map[0] = NAN;
  Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  content.write(atlas);
  const AtlasPicture& p = content.pictures[0];
  const AtlasPicture found = atlas.pictures(p.layer, p.unit, Detail::kBrief).at(0);
  EXPECT_TRUE(std::isnan(found.activation));
  EXPECT_EQ(found.best_exemplar, INFINITY);
  const UnitDissection unit = atlas.units(content.dissections[0].layer, Detail::kFull).at(0);
  EXPECT_EQ(unit.threshold, -INFINITY);
  EXPECT_TRUE(std::isnan(unit.top[0].map[0]));
}

}  // namespace
}  // namespace microtome
