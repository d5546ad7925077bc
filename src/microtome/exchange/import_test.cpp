// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/import.h"

#include <fmt/format.h>

#include <regex>

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/rng.h"
#include "microtome/concepts/formats/csv.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/tables.h"
#include "microtome/exchange/testing/exported.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kCategories = {"object", "part", "scene", "material", "texture", "color"};

// A table in the form of the released ones, and its truth kept apart.
struct Released {
  struct Score {
    std::string label;
    int64_t truth, activation, intersection;
    double iou;
  };
  std::map<int, std::vector<Score>> units;  // By unit from 1, then category.
  std::string csv;
};

Released released(uint64_t seed, int units) {
  Released out;
  out.csv = "unit,category,label,score";
  for (const std::string& c : kCategories)
    out.csv += fmt::format(",{0}-label,{0}-truth,{0}-activation,{0}-intersect,{0}-iou", c);
  out.csv += "\n";
  Rng rng(seed, "released");
  std::map<std::string, int64_t> truths;
  for (int unit = units; unit >= 1; --unit) {
    std::string cells;
    const Released::Score* best = nullptr;
    size_t best_category = 0;
    auto& scores = out.units[unit];
    for (size_t c = 0; c < kCategories.size(); ++c) {
      // "door" is an object and a part; names may hold what a table is made of; an empty one says that nothing
      // overlaps.
      const bool none = rng.chance(0.05);
      const std::string label = none                       ? ""
                                : c < 2 && rng.chance(0.3) ? "door"
                                : c == 3 && rng.chance(0.3)
                                    ? "wood, \"raw\"; painted"
                                    : fmt::format("{} {}{}", kCategories[c], rng.below(9), c == 2 ? "-s" : "");
      int64_t& truth = truths[kCategories[c] + label];
      if (truth == 0) truth = rng.between(1000, 9'000'000);
      const int64_t activation = rng.between(1000, 9'000'000), both = rng.below(std::min(truth, activation) + 1);
      const double iou = static_cast<double>(both) / static_cast<double>(truth + activation - both);
      scores.push_back({label, none ? 0 : truth, none ? 0 : activation, none ? 0 : both, none ? 0 : iou});
      const Released::Score& s = scores.back();
      cells += fmt::format(",{},{},{},{},{}", csv_field(s.label), s.truth, s.activation, s.intersection, s.iou);
    }
    for (size_t c = 0; c < scores.size(); ++c) {
      if (!best || scores[c].iou >= best->iou) best = &scores[c], best_category = c;
    }
    out.csv +=
        fmt::format("{},{},{},{}{}\n", unit, kCategories[best_category], csv_field(best->label), best->iou, cells);
  }
  return out;
}

// A table by what its columns are called: their order is the concept set's.
std::map<std::string, std::vector<std::string>> sorted_columns(const std::string& text) {
  const auto rows = parse_csv(text, "table");
  std::map<std::string, std::vector<std::string>> out;
  for (size_t c = 0; c < rows.at(0).fields.size(); ++c) {
    for (const CsvRow& row : rows) out[rows[0].fields[c]].push_back(row.fields.at(c));
  }
  return out;
}

class ImportTables : public AtlasFixture {
 protected:
  std::string table(const std::string& name, const std::string& text) {
    write_file(folder() + "/" + name, text);
    return folder() + "/" + name;
  }
  Atlas imported(const std::vector<std::string>& tables) {
    const std::string path = fresh_path();
    import_tables({tables, "published", 0.005, 63305, "microtome import"}, path, *make_silent_reporter());
    return Atlas::open(path, Atlas::Mode::kRead);
  }
};

TEST_F(ImportTables, ReleasedTablesComeBackWhole) {
  for (const uint64_t seed : {1, 2, 3}) {
    const Released said = released(seed, 64);
    const Atlas atlas = imported({table("res5c-result.csv", said.csv)});
    const auto units = atlas.units("res5c", Detail::kFull);
    const auto concepts = atlas.concepts().value();
    ASSERT_EQ(units.size(), 64u);
    int detectors = 0;
    std::set<std::string> unique;
    std::map<std::string, std::set<std::string>> unique_in;
    for (const UnitDissection& unit : units) {
      const auto& truth = said.units.at(unit.unit + 1);
      double best = 0;
      for (size_t c = 0; c < kCategories.size(); ++c) {
        const size_t place =
            static_cast<size_t>(std::find(concepts.categories.begin(), concepts.categories.end(), kCategories[c]) -
                                concepts.categories.begin());
        const ConceptScore& score = unit.by_category[place];
        EXPECT_EQ(score.label == 0 ? "" : concepts.concepts[static_cast<size_t>(score.label)].name, truth[c].label);
        EXPECT_EQ(score.truth, truth[c].truth);
        EXPECT_EQ(score.activation, truth[c].activation);
        EXPECT_EQ(score.intersection, truth[c].intersection);
        EXPECT_EQ(score.iou, truth[c].iou);
        best = std::max(best, truth[c].iou);
        if (truth[c].iou > kDetectorCut) unique_in[kCategories[c]].insert(truth[c].label);
      }
      EXPECT_EQ(unit.best.iou, best);
      if (best >= kDetectorCut)
        ++detectors, unique.insert(concepts.concepts[static_cast<size_t>(unit.best.label)].name);
    }
    int unique_by_category = 0;
    for (const auto& [category, labels] : unique_in) unique_by_category += static_cast<int>(labels.size());
    const DetectorCount count = count_detectors(units, static_cast<int>(concepts.categories.size()));
    EXPECT_EQ(count.detectors, detectors);
    EXPECT_EQ(count.unique, static_cast<int>(unique.size()));
    EXPECT_EQ(count.unique_by_category, unique_by_category);
  }
}

// Unit 976 of ResNet-152 on ImageNet in the release of CVPR 2017: I 973,125, A 1,467,623, G 1,505,280, IoU 0.4866.
TEST_F(ImportTables, APublishedRow) {
  const Atlas atlas = imported(
      {"res5c=" +
       table("tally.csv",
             "unit,category,label,score,texture-label,texture-truth,texture-activation,texture-intersect,texture-iou\n"
             "976,texture,cobwebbed,0.4866,cobwebbed,1505280,1467623,973125,0.4866\n")});
  const UnitDissection unit = atlas.units("res5c", Detail::kBrief).at(0);
  EXPECT_EQ(unit.unit, 975);
  EXPECT_EQ(unit.best.intersection, 973125);
  EXPECT_NEAR(unit.best.ceiling, 1467623.0 / 1505280, 1e-12);
  EXPECT_EQ(count_detectors({unit}, 1).unique_by_category, 1);
}

TEST_F(ImportTables, WhatIsExportedIsReadAgain) {
  const std::string path = fresh_path();
  write_sample_atlas(path);
  const Atlas sample = Atlas::open(path, Atlas::Mode::kRead);
  std::vector<std::string> tables;
  const auto files = exported("csv", sample, folder() + "/csv");
  for (const std::string& file : files) {
    if (!file.ends_with("/units.csv") && !file.ends_with("/visualizations.csv")) tables.push_back(file);
  }
  ASSERT_EQ(tables.size(), 4u) << "two layers, both signs";
  const Atlas again = imported(tables);
  for (const std::string layer : {"conv1", "block/conv2"}) {
    const auto before = sample.units(layer, Detail::kBrief), after = again.units(layer, Detail::kBrief);
    ASSERT_EQ(before.size(), after.size());
    const auto old_names = sample.concepts()->concepts, new_names = again.concepts()->concepts;
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].unit, after[i].unit);
      EXPECT_EQ(before[i].sign, after[i].sign);
      EXPECT_EQ(before[i].best.iou, after[i].best.iou);
      EXPECT_EQ(before[i].best.intersection, after[i].best.intersection);
      EXPECT_EQ(before[i].best.label == 0 ? "" : old_names[static_cast<size_t>(before[i].best.label)].name,
                after[i].best.label == 0 ? "" : new_names[static_cast<size_t>(after[i].best.label)].name);
    }
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      const DetectorCount a = count_of_sign(before, sign, Vocabulary(sample)),
                          b = count_of_sign(after, sign, Vocabulary(again));
      EXPECT_EQ(std::tie(a.units, a.detectors, a.unique, a.unique_by_category),
                std::tie(b.units, b.detectors, b.unique, b.unique_by_category));
    }
  }
  EXPECT_NO_THROW(json_text(atlas_json(again, {}, JsonDetail::kFull)));
  EXPECT_FALSE(exported("charts", again, folder() + "/charts").empty());
  exported("csv", again, folder() + "/again");
  for (const std::string& table : tables) {
    const std::string name = std::filesystem::path(table).filename();
    EXPECT_EQ(sorted_columns(read_file(table)), sorted_columns(read_file(folder() + "/again/" + name))) << name;
  }
}

TEST_F(ImportTables, CompositionalTables) {
  const Atlas atlas =
      imported({table("tally_layer4.csv",
                      "unit,category,label,score,length,label_noncomp,score_noncomp,category_noncomp,extra\n"
                      "0,object,(water OR (river AND (NOT blue-c))),0.12,3,water,0.08,object,x\n"
                      "2,scene,street-s,0.05,1,street-s,0.05,scene,x\n")});
  const auto units = atlas.units("layer4", Detail::kBrief);
  ASSERT_EQ(units.size(), 2u);
  ASSERT_EQ(units[0].formulas.size(), 1u);
  EXPECT_EQ(units[0].formulas[0].text, "(water OR (river AND (NOT blue-c)))");
  EXPECT_EQ(units[0].formulas[0].length, 3);
  EXPECT_EQ(units[0].best.iou, 0.08);
  EXPECT_EQ(verdict(units[0]), Verdict::kDetector) << "its area is unknown, not empty";
  EXPECT_EQ(units[1].unit, 2);
  EXPECT_THAT(detectors_table(atlas, "", 5, 100), testing::Not(HasSubstr("nan")));
  exported("csv", atlas, folder() + "/csv");
  const Atlas again = imported({folder() + "/csv/layer4.csv"});
  EXPECT_EQ(again.units("layer4", Detail::kBrief)[0].best.iou, 0.08) << "a table without counts comes back too";
  EXPECT_EQ(atlas.concepts()->concepts[static_cast<size_t>(units[1].best.label)].name, "street-s");
}

TEST_F(ImportTables, SaysWhatIsWrong) {
  const std::string good =
      "unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou\n1,object,cat,"
      "0.5,cat,10,20,10,0.5\n";
  EXPECT_NO_THROW(imported({table("a-result.csv", good)}));
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return table("a-result.csv", text.replace(text.find(from), from.size(), to));
  };
  const auto expect = [&](const std::string& file, const std::string& words) {
    EXPECT_ERROR(imported({file}), ErrorKind::kCorrupt, HasSubstr(words));
  };
  expect(table("a-result.csv", ""), "the table is empty");
  expect(broken("score,", "points,"), "there is no column \"score\"");
  expect(broken("object-truth", "object-area"), "there is no column \"object-truth\"");
  expect(broken("label,score", "unit,score"), "the column \"unit\" is there twice");
  expect(table("a-result.csv", "unit,category,label,score\n1,object,cat,0.5\n"), "no column CATEGORY-iou");
  expect(broken("\n1,", "\n0,"), "a-result.csv:2: unit is \"0\"");
  expect(broken("\n1,", "\n1.5,"), "not a whole number");
  expect(broken("0.5,cat", "half,cat"), "score is \"half\"");
  expect(broken("cat,10,20", "cat,10.5,20"), "object-truth is \"10.5\", not a whole number");
  expect(broken(",10,0.5\n", ",11,0.5\n"), "object-intersect is 11, more than object-truth 10");
  expect(broken(",10,0.5\n", ",10,0.6\n"),
         "object-iou is 0.6, but intersect / (activation + truth - intersect) is 0.5");
  expect(broken("0.5,cat", "0.7,cat"), "score is 0.7, but object-iou is 0.5");
  expect(broken("object,cat,", "object,dog,"), "label is \"dog\", but object-label is \"cat\"");
  expect(broken("\n1,object", "\n1,part"), "category is \"part\", and there is no column \"part-iou\"");
  expect(table("a-result.csv", good + "2,object,cat,0.5,cat,12,18,10,0.5\n"),
         "a-result.csv:3: object-truth of \"cat\" is 12, in a row before it is 10");
  expect(table("a-result.csv", good.substr(0, good.size() - 12)), "a-result.csv:2: the row has");
  expect(table("a-result.csv", good + "2,object,\"cat,0.5"), "a-result.csv:3");
  expect(broken(",0.5\n", "\n"), "a-result.csv:2: the row has 8 fields");
  expect(table("a-result.csv", good + good.substr(good.find("\n1,") + 1)), "a-result.csv:3: unit 1 is there twice");
  expect(table("a-result.csv", good.substr(0, good.find('\n') + 1)), "has no units");
  EXPECT_ERROR(imported({table("tally.csv", good)}), ErrorKind::kUsage, HasSubstr("does not say which layer"));
  EXPECT_ERROR(imported({"x=" + table("b.csv", good), "x=" + table("c.csv", good)}), ErrorKind::kUsage,
               HasSubstr("layer \"x\" has a table already"));
  EXPECT_ERROR(imported({folder() + "/none.csv"}), ErrorKind::kNotFound, HasSubstr("none.csv"));
  EXPECT_ERROR(imported({}), ErrorKind::kUsage, HasSubstr("at least one"));
  const std::string out = folder() + "/out/new.atlas";
  EXPECT_ERROR(import_tables({{broken("0.5,cat", "0.7,cat")}, "", 0.005, 0, ""}, out, *make_silent_reporter()),
               ErrorKind::kCorrupt, HasSubstr("score is 0.7"));
  EXPECT_FALSE(std::filesystem::exists(folder() + "/out")) << "nothing is written of a table that is wrong";
  import_tables({{table("a-result.csv", good)}, "", 0.005, 0, ""}, out, *make_silent_reporter());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder() + "/out"), {}), 1);
  EXPECT_EQ(Atlas::open(out, Atlas::Mode::kRead).network()->name, "new");
  EXPECT_ERROR(import_tables({{table("a-result.csv", good)}, "", 0.005, 0, ""}, out, *make_silent_reporter()),
               ErrorKind::kUsage, HasSubstr("is there already"));
}

TEST_F(ImportTables, ALabelTwiceInAPixelAndANamelessOneAreNoErrors) {
  const Atlas atlas = imported(
      {table("a-result.csv",
             "unit,category,label,score,part-label,part-truth,part-activation,part-intersect,part-iou,texture-label,"
             "texture-truth,texture-activation,texture-intersect,texture-iou\n"
             "1,part,leg,0.105263,leg,60,3,6,0.105263,,24928000,3,3,0.00001\n2,texture,,0.00001,,0,3,0,0,,24928000,3,"
             "3,0."
             "00001\n")});
  const auto units = atlas.units("a", Detail::kBrief);
  EXPECT_EQ(units[0].best.intersection, 6);
  EXPECT_EQ(units[1].best.label, 0);
  EXPECT_EQ(units[1].on_pixels, 3);
  EXPECT_EQ(verdict(units[1]), Verdict::kNoConceptFits);
}

// As published tables of ResNet-152 say it: an intersection without an activation. Of a label with a name that is a
// contradiction.
TEST_F(ImportTables, WhatANamelessLabelCountsIsNotHeldAgainstItself) {
  const std::string header =
      "unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou,"
      "texture-label,texture-truth,texture-activation,texture-intersect,texture-iou\n";
  const auto row = [](const std::string& label) {
    return "1,object,train,0.25,train,1000,500,300,0.25," + label + ",20000,0.0,100,0.005025125628140704\n";
  };
  const auto units = imported({table("a-result.csv", header + row(""))}).units("a", Detail::kBrief);
  EXPECT_EQ(units[0].best.iou, 0.25);
  EXPECT_EQ(units[0].by_category[1].label, 0);
  EXPECT_ERROR(imported({table("b-result.csv", header + row("banded"))}), ErrorKind::kCorrupt,
               HasSubstr("texture-intersect is 100"));
}

TEST_F(ImportTables, NetDissectsFolderHoldsWhatItsPageNames) {
  const std::string path = fresh_path();
  write_sample_atlas(path);
  const Atlas sample = Atlas::open(path, Atlas::Mode::kRead);
  const auto files = exported("netdissect", sample, folder() + "/nd");
  EXPECT_EQ(files.size(), 2 * 4u + 15 + 24) << "unit 3 of conv1 is dead";
  const std::string page = read_file(folder() + "/nd/html/conv1.html");
  const DetectorCount count = [&] {
    auto units = sample.units("conv1", Detail::kBrief);
    std::erase_if(units, [](const UnitDissection& unit) { return unit.sign != Sign::kPositive; });
    return count_detectors(units, 6);
  }();
  EXPECT_THAT(page, HasSubstr(fmt::format("{}/{} units covering {} concepts with IoU ≥ 0.04", count.detectors,
                                          count.units, count.unique)));
  EXPECT_THAT(page, testing::Not(HasSubstr("http")));
  const std::regex link("src=\"([^\"]*)\"");
  int links = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), link), end; at != end; ++at, ++links) {
    EXPECT_TRUE(std::filesystem::exists(folder() + "/nd/html/" + (*at)[1].str())) << (*at)[1];
  }
  EXPECT_EQ(links, 16);
  const Json report = Json::parse(read_file(folder() + "/nd/conv1-report.json"));
  EXPECT_EQ(report["header"]["name"], "conv1");
  EXPECT_EQ(report["units"].size(), 16u);
  EXPECT_TRUE(std::filesystem::exists(folder() + "/nd/" + report["units"][4]["image"].get<std::string>()));
  EXPECT_NO_THROW(imported({folder() + "/nd/conv1-result.csv"}));
}

}  // namespace
}  // namespace microtome
