// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/compare.h"

#include <fmt/format.h>

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/concepts/formats/csv.h"
#include "microtome/exchange/import.h"

namespace microtome {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A unit as a test says it: the number of its best concept, its IoU, the runner-up's, and the deviation.
struct Said {
  int label = 0;
  double iou = 0;
  int second = 0;
  double second_iou = 0;
  double deviation = 0.01;
};

class CompareAtlases : public AtlasFixture {
 protected:
  // Concepts 1 cat, 2 dog (object), 3 striped (texture); in another order for a second vocabulary.
  Atlas written(const std::string& layer, const std::vector<Said>& units, bool turned = false) {
    Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
    AtlasLayer place;
    place.name = layer, place.op = "Conv", place.units = static_cast<int64_t>(units.size());
    place.shape = {place.units, 4, 4};
    atlas.put_network({"hash" + layer + (turned ? "t" : ""), "onnx", turned ? "new" : "old", Json::object(), {}},
                      {place});
    AtlasConcepts concepts;
    concepts.hash = turned ? "other" : "one";
    concepts.categories =
        turned ? std::vector<std::string>{"texture", "object"} : std::vector<std::string>{"object", "texture"};
    const std::vector<std::string> names =
        turned ? std::vector<std::string>{"striped", "dog", "cat"} : std::vector<std::string>{"cat", "dog", "striped"};
    concepts.concepts.resize(1);
    concepts.display_names = {""};
    for (int label = 1; label <= 3; ++label) {
      const int category = category_of(label, turned);
      concepts.concepts.push_back({label, names[static_cast<size_t>(label) - 1], category, {category}});
      concepts.display_names.push_back(names[static_cast<size_t>(label) - 1]);
    }
    atlas.put_concepts(concepts);
    LayerDissection dissection{layer, 4, 4, 0.005, 100, {}};
    for (size_t i = 0; i < units.size(); ++i)
      dissection.units.push_back(unit_of(static_cast<int>(i), units[i], turned));
    const int64_t run = atlas.begin_run({"dissect", "1", "hash", concepts.hash, Json::object(), ""});
    atlas.put_dissection(run, dissection, {});
    return atlas;
  }

 private:
  static int category_of(int label, bool turned) { return turned ? (label == 1 ? 0 : 1) : (label == 3 ? 1 : 0); }

  static UnitDissection unit_of(int number, const Said& said, bool turned) {
    UnitDissection unit;
    unit.unit = number;
    unit.on_pixels = 10;
    unit.by_category.resize(2);
    const auto score = [&](int label, double iou) {
      ConceptScore out;
      out.label = label, out.category = label == 0 ? -1 : category_of(label, turned), out.iou = iou;
      return out;
    };
    unit.best = score(said.label, said.iou);
    unit.top_concepts = {unit.best, score(said.second, said.second_iou)};
    if (said.deviation > 0) unit.interval = BootstrapInterval{0, 0, said.deviation};
    return unit;
  }
};

TEST_F(CompareAtlases, SaysWhatBecameOfEachUnit) {
  const Atlas before =
      written("conv1", {{1, 0.2, 2, 0.1}, {1, 0.1, 2, 0.09}, {2, 0.05, 1, 0.01}, {3, 0.03, 1, 0.01}, {1, 0.2, 2, 0.1}});
  const Atlas after = written(
      "conv1", {{1, 0.21, 2, 0.1}, {2, 0.11, 1, 0.09}, {2, 0.02, 1, 0.01}, {3, 0.09, 1, 0.01}, {2, 0.06, 1, 0.05}});
  const AtlasComparison out = compare_atlases(before, after);
  ASSERT_EQ(out.layers.size(), 1u);
  EXPECT_TRUE(out.same_concepts);
  EXPECT_THAT(out.warnings, ElementsAre());
  const LayerComparison& layer = out.layers[0];
  ASSERT_TRUE(layer.unit_by_unit);
  std::vector<UnitFate> fates;
  std::vector<bool> sure;
  for (const UnitChange& unit : layer.units) fates.push_back(unit.fate), sure.push_back(unit.beyond_noise.value());
  EXPECT_THAT(fates, ElementsAre(UnitFate::kKept, UnitFate::kRelabelled, UnitFate::kLost, UnitFate::kGained,
                                 UnitFate::kRelabelled));
  // The noise is 1.96 sqrt(2) 0.01 = 0.028 everywhere. 0.01 is less; cat fell by 0.01 and dog rose by 0.02, less too;
  // 0.03 and 0.06 are more; the last one fell short as a dog, but cat, which it was, fell by 0.15.
  EXPECT_THAT(sure, ElementsAre(false, false, true, true, true));
  EXPECT_NEAR(layer.units[0].deviation, 0.01 * std::sqrt(2.0), 1e-12);
  EXPECT_EQ(layer.count_before.detectors, 4);
  EXPECT_EQ(layer.count_after.detectors, 4);
  std::vector<std::string> concepts;
  for (const ConceptChange& item : layer.concepts)
    concepts.push_back(item.name + " " + std::to_string(item.units_before) + " " + std::to_string(item.units_after));
  EXPECT_THAT(concepts, ElementsAre("cat 3 1", "dog 1 2", "striped 0 1"));
}

TEST_F(CompareAtlases, NothingIsBeyondUnknownNoise) {
  const Atlas before = written("conv1", {{1, 0.2, 2, 0.1, 0}}), after = written("conv1", {{1, 0.9, 2, 0.1, 0}});
  const UnitChange unit = compare_atlases(before, after).layers.at(0).units.at(0);
  EXPECT_FALSE(unit.beyond_noise.has_value());
  EXPECT_TRUE(std::isnan(unit.deviation));
  EXPECT_THAT(comparison_tables(compare_atlases(before, after), 5, 100), HasSubstr("the noise is not known"));
  EXPECT_TRUE(to_json(compare_atlases(before, after))["layers"][0]["units"][0]["deviation"].is_null());
}

TEST_F(CompareAtlases, MatchesConceptsByNameAndOtherLayersByConcept) {
  const Atlas before = written("conv1", {{1, 0.2, 2, 0.1}, {3, 0.1, 2, 0.09}});
  const Atlas after = written("block", {{3, 0.3, 2, 0.1}, {3, 0.1, 2, 0.09}, {1, 0.2, 2, 0.1}}, true);
  const AtlasComparison out = compare_atlases(before, after);
  EXPECT_FALSE(out.same_concepts);
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("different concept sets")));
  const LayerComparison& layer = out.layers.at(0);
  EXPECT_FALSE(layer.unit_by_unit);
  EXPECT_TRUE(layer.units.empty());
  ASSERT_EQ(layer.concepts.size(), 2u);
  EXPECT_EQ(layer.concepts[0].name, "cat");
  EXPECT_EQ(layer.concepts[0].units_after, 2);
  EXPECT_EQ(layer.concepts[0].best_after, 0.3);
  EXPECT_EQ(layer.concepts[1].name, "striped");
  EXPECT_THAT(layer.categories, ElementsAre("object", "texture"));
  EXPECT_EQ(layer.count_after.by_category[0].detectors, 2) << "in the order of the first atlas";
  EXPECT_ERROR(compare_atlases(before, after, {{"conv1", "conv1"}}), ErrorKind::kNotFound, HasSubstr("conv1"));
  EXPECT_EQ(compare_atlases(before, after, {{"conv1", "block"}}).layers.at(0).after, "block");
}

TEST_F(CompareAtlases, NamesWhatHasNoCounterpart) {
  const Atlas before = written("conv1", {{1, 0.2, 2, 0.1}, {2, 0.2, 1, 0.1}, {1, 0.2, 2, 0.1}});
  Atlas after = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  AtlasLayer conv, other;
  conv.name = "stem", conv.aliases = {"conv1"}, conv.op = "Conv", conv.units = 3, conv.shape = {3, 4, 4};
  other.name = "conv2", other.op = "Conv", other.units = 1, other.shape = {1, 4, 4};
  after.put_network({"hash", "onnx", "new", Json::object(), {}}, {conv, other});
  after.put_concepts(before.concepts().value());
  const int64_t run = after.begin_run({"dissect", "1", "hash", "one", Json::object(), ""});
  LayerDissection first{"stem", 4, 4, 0.01, 50, before.units("conv1", Detail::kFull)},
      second{"conv2", 4, 4, 0.005, 100, {}};
  first.units.pop_back();
  after.put_dissection(run, first, {}), after.put_dissection(run, second, {});
  const AtlasComparison out = compare_atlases(before, after);
  ASSERT_EQ(out.layers.size(), 1u);
  EXPECT_TRUE(out.layers[0].unit_by_unit) << "known as conv1 too";
  EXPECT_EQ(out.layers[0].units.size(), 2u);
  EXPECT_THAT(out.warnings, ElementsAre("in one atlas only: conv2 (second)",
                                        "conv1: the top 0.5 % of 100 images against the top 1 % of 50 images",
                                        "conv1: 1 units are dissected in one atlas only"));
  Atlas empty = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  EXPECT_ERROR(compare_atlases(before, empty), ErrorKind::kUsage, HasSubstr("no dissection"));
}

// Tables do not say which set they are of: sizes of concepts do.
TEST_F(CompareAtlases, ImportedTablesAreOfOneSetWhenTheirConceptsAreOfOneSize) {
  const auto imported = [&](int truth, int extra) {
    const std::string file = folder() + "/conv1.csv", out = fresh_path();
    write_file(file,
               "unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou\n" +
                   fmt::format("1,object,cat,{0},cat,{1},20,10,{0}\n", 10.0 / (truth + 10), truth) +
                   fmt::format("2,object,dog{0},0.5,dog{0},30,15,15,0.5\n", extra));
    import_tables({{file}, "net", 0.005, 0, ""}, out, *make_silent_reporter());
    return Atlas::open(out, Atlas::Mode::kRead);
  };
  const Atlas a = imported(20, 1), b = imported(20, 2), c = imported(30, 1);
  EXPECT_TRUE(compare_atlases(a, b).same_concepts) << "though each names a dog of its own";
  EXPECT_THAT(compare_atlases(a, c).warnings, ElementsAre(HasSubstr("1 of 2 concepts that both name differ in size")));
  EXPECT_TRUE(compare_atlases(a, c).layers.at(0).unit_by_unit);
}

TEST_F(CompareAtlases, AnAtlasIsLikeItself) {
  const std::string path = fresh_path();
  write_sample_atlas(path);
  const Atlas atlas = Atlas::open(path, Atlas::Mode::kRead);
  const AtlasComparison out = compare_atlases(atlas, atlas);
  EXPECT_EQ(out.layers.size(), 2u);
  for (const LayerComparison& layer : out.layers) {
    EXPECT_EQ(layer.count_before.detectors, layer.count_after.detectors);
    for (const UnitChange& unit : layer.units)
      EXPECT_TRUE(unit.fate == UnitFate::kKept || unit.fate == UnitFate::kNeither);
  }
  const auto files = write_comparison_csv(out, folder() + "/csv");
  ASSERT_EQ(files.size(), 4u);
  for (const std::string& file : files) {
    const auto rows = parse_csv(read_file(file), file);
    EXPECT_GT(rows.size(), 2u);
    for (const CsvRow& row : rows) EXPECT_EQ(row.fields.size(), rows[0].fields.size()) << file << ":" << row.line;
  }
  EXPECT_EQ(write_comparison_charts(out, folder() + "/charts").size(), 4u);
  EXPECT_THAT(comparison_tables(out, 5, 120), HasSubstr("unit by unit: "));
}

}  // namespace
}  // namespace microtome
