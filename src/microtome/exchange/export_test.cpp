// SPDX-License-Identifier: Apache-2.0
// What other tools read of an atlas must agree with it, and be derivable from itself.
#include "microtome/exchange/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <set>

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/atlas/testing/random_atlas.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/base/text_table.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/tables.h"
#include "microtome/exchange/testing/exported.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Row = std::map<std::string, std::string>;

std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      rows.back().back() += text[++at];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

std::vector<Row> read_csv(const std::string& path) {
  const auto table = parse_csv(read_file(path));
  std::vector<Row> rows;
  for (size_t at = 1; at < table.size(); ++at) {
    EXPECT_EQ(table[at].size(), table[0].size());
    Row& row = rows.emplace_back();
    for (size_t column = 0; column < table[0].size(); ++column) row[table[0][column]] = table[at].at(column);
  }
  return rows;
}

class AtlasExport : public AtlasFixture {
 protected:
  static void SetUpTestSuite() {
    path_ = quick_folder() + "/export_test_" + std::to_string(::getpid()) + ".atlas";
    write_sample_atlas(path_);
  }
  static void TearDownTestSuite() { std::filesystem::remove(path_); }
  const Atlas& atlas() const { return atlas_; }

 private:
  static inline std::string path_;
  const Atlas atlas_ = Atlas::open(path_, Atlas::Mode::kRead);
};

// Random content whose scores name concepts and categories that there are.
RandomAtlas consistent(uint64_t seed) {
  RandomAtlas content(seed);
  const auto mend = [](ConceptScore& score) { score.category = score.label == 0 ? -1 : score.label % 3; };
  for (LayerDissection& dissection : content.dissections) {
    for (UnitDissection& unit : dissection.units) {
      unit.by_category.resize(3);
      unit.histogram.counts.resize(4);
      mend(unit.best);
      for (ConceptScore& score : unit.by_category) mend(score);
      for (ConceptScore& score : unit.top_concepts) mend(score);
      for (TailScore& tail : unit.tails) mend(tail.best);
      for (RangeScore& range : unit.ranges) mend(range.best);
    }
  }
  return content;
}

TEST_F(AtlasExport, JsonAgreesWithTheAtlas) {
  const std::string text = json_text(atlas_json(atlas()));
  const Json json = Json::parse(text);
  EXPECT_EQ(json["network"]["name"], "sample");
  EXPECT_EQ(json["content_hash"], atlas().content_hash());
  ASSERT_EQ(json["layers"].size(), 2u);
  EXPECT_EQ(json["layers"][0]["name"], "conv1");
  EXPECT_EQ(json["layers"][1]["units"], 24);
  EXPECT_EQ(json["layers"][1]["negative"]["dissected"], 24);
  ASSERT_EQ(json["units"].size(), 80u);
  const std::vector<std::string> names = atlas().concepts()->display_names;
  size_t row = 0;
  for (const char* layer : {"conv1", "block/conv2"}) {
    int detectors = 0;
    for (const UnitDissection& unit : atlas().units(layer, Detail::kBrief)) {
      const Json& found = json["units"][row++];
      EXPECT_EQ(found["layer"], layer);
      EXPECT_EQ(found["unit"], unit.unit);
      EXPECT_EQ(found["sign"], std::string(1, sign_char(unit.sign)));
      EXPECT_EQ(found["iou"], unit.best.iou);
      EXPECT_EQ(found["ceiling"], unit.best.ceiling);
      EXPECT_EQ(found["threshold"].get<float>(), unit.threshold);
      EXPECT_EQ(found["on_pixels"], unit.on_pixels);
      if (unit.best.label == 0) {
        EXPECT_TRUE(found["label"].is_null());
      } else {
        EXPECT_EQ(found["label"], names[static_cast<size_t>(unit.best.label)]);
      }
      const AtlasPicture picture = atlas().pictures(layer, unit.unit, Detail::kBrief).at(unit.sign == Sign::kNegative);
      EXPECT_EQ(found["picture"]["activation"], picture.activation);
      EXPECT_EQ(found["picture"]["status"], picture.status);
      EXPECT_EQ(found["picture"]["activation_ratio"].is_null(), !picture.activation_ratio.has_value());
      detectors += unit.sign == Sign::kPositive && unit.best.label != 0 && unit.best.iou >= 0.04;
    }
    EXPECT_EQ(json["layers"][row > 32]["detectors"], detectors);
  }
}

TEST_F(AtlasExport, JsonIsAFunctionOfTheResults) {
  const std::string other = fresh_path();
  write_sample_atlas(other);
  {
    Atlas writer = Atlas::open(other, Atlas::Mode::kWrite);
    writer.begin_run({"dissect", "9", "", "", Json::object(), "unlike"});
  }
  for (const JsonDetail detail : {JsonDetail::kSummary, JsonDetail::kFull}) {
    const std::string text = json_text(atlas_json(atlas(), {}, detail));
    EXPECT_EQ(text, json_text(atlas_json(Atlas::open(other, Atlas::Mode::kRead), {}, detail)));
    EXPECT_THAT(text, Not(HasSubstr(folder())));
  }
}

TEST_F(AtlasExport, JsonOfOneLayer) {
  const Json json = atlas_json(atlas(), "c2", JsonDetail::kFull);
  ASSERT_EQ(json["layers"].size(), 1u);
  ASSERT_EQ(json["units"].size(), 48u);
  const Json& unit = json["units"][0];
  EXPECT_EQ(unit["by_category"].size(), 6u);
  EXPECT_EQ(unit["top_concepts"][0]["label"], unit["label"]);
  EXPECT_EQ(unit["exemplars"]["top"].size(), 5u);
  EXPECT_THAT(unit["exemplars"]["top"][0]["file"].get<std::string>(), HasSubstr("images/picture_"));
  EXPECT_EQ(unit["pictures"].size(), 1u);
  EXPECT_ERROR(atlas_json(atlas(), "convl"), ErrorKind::kNotFound, HasSubstr("nearest: \"conv1\""));
}

TEST_F(AtlasExport, JsonIsValidWhateverTheContent) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const RandomAtlas content = consistent(seed);
    Atlas other = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
    content.write(other);
    const Json json = atlas_json(other, {}, JsonDetail::kFull);
    EXPECT_EQ(Json::parse(json_text(json)), json);
  }
  Atlas empty = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  EXPECT_TRUE(Json::parse(json_text(atlas_json(empty)))["units"].empty());
}

TEST_F(AtlasExport, ChartsCountTheDetectors) {
  const auto files = exported("charts", atlas(), folder() + "/charts");
  ASSERT_EQ(files.size(), 4u);
  std::map<int, int> detectors;
  for (const UnitDissection& unit : atlas().units("conv1", Detail::kBrief)) {
    if (unit.sign == Sign::kPositive && unit.best.label != 0 && unit.best.iou >= kDetectorCut)
      ++detectors[unit.best.label];
  }
  const std::string bars = read_file(files[0]);
  size_t count = 0;
  for (size_t at = bars.find("class=\"bar\""); at != std::string::npos; at = bars.find("class=\"bar\"", at + 1))
    ++count;
  EXPECT_EQ(count, detectors.size());
  EXPECT_NE(read_file(files[1]).find("detectors over cut-offs"), std::string::npos);
}

TEST_F(AtlasExport, UnexplainedNumbersAreDamage) {
  RandomAtlas content = consistent(1);
  content.dissections[0].units[0].best.label = 5;
  content.dissections[0].units[0].best.category = 77;
  Atlas other = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  content.write(other);
  EXPECT_ERROR(atlas_json(other), ErrorKind::kCorrupt, HasSubstr("category 77"));
  EXPECT_ERROR(exported("csv", other, folder() + "/csv"), ErrorKind::kCorrupt, HasSubstr("category 77"));
}

// NetDissect's numbers follow from each other, and both counts of unique detectors from them.
TEST_F(AtlasExport, CsvArithmetic) {
  const std::string out = folder() + "/csv";
  EXPECT_EQ(exported("csv", atlas(), out).size(), 6u);
  const Json json = atlas_json(atlas());
  const std::vector<std::string> categories = atlas().concepts()->categories;
  for (const auto& [layer, file] :
       std::map<std::string, std::string>{{"conv1", "conv1"}, {"block/conv2", "block%2Fconv2"}}) {
    const std::vector<Row> rows = read_csv(out + "/" + file + ".csv");
    int detectors = 0;
    std::set<std::string> unique, unique_in_category;
    double last = 1;
    std::set<int> units;
    for (const Row& row : rows) {
      const double score = std::stod(row.at("score"));
      EXPECT_LE(score, last);
      last = score;
      units.insert(std::stoi(row.at("unit")));
      double best = 0;
      for (const std::string& category : categories) {
        const int64_t i = std::stoll(row.at(category + "-intersect")), a = std::stoll(row.at(category + "-activation")),
                      g = std::stoll(row.at(category + "-truth"));
        const double iou = std::stod(row.at(category + "-iou"));
        EXPECT_EQ(iou, i == 0 ? 0 : static_cast<double>(i) / static_cast<double>(a + g - i));
        best = std::max(best, iou);
        if (iou > 0.04) unique_in_category.insert(category + " " + row.at(category + "-label"));
      }
      EXPECT_EQ(best, score);
      if (row.at("label").empty()) continue;
      EXPECT_EQ(row.at(row.at("category") + "-label"), row.at("label"));
      if (score >= 0.04) {
        ++detectors;
        unique.insert(row.at("label"));
      }
    }
    const Json& counts = json["layers"][layer != "conv1"];
    EXPECT_EQ(static_cast<int>(units.size()), counts["units"]);
    EXPECT_EQ(*units.begin(), 1);
    EXPECT_EQ(counts["detectors"], detectors);
    EXPECT_EQ(counts["unique"], unique.size());
    EXPECT_EQ(counts["unique_by_category"], unique_in_category.size());
    EXPECT_EQ(read_csv(out + "/" + file + ".negative.csv").size(), rows.size());
  }
  const std::vector<Row> all = read_csv(out + "/units.csv");
  ASSERT_EQ(all.size(), 80u);
  EXPECT_EQ(all[1].at("sign"), "-");
  EXPECT_EQ(all[7].at("picture_status"), "did not start");
  EXPECT_EQ(all[7].at("picture_steps"), "64");
  EXPECT_EQ(std::stod(all[0].at("picture_score")), json["units"][0]["picture"]["score"]);
  const std::vector<Row> joint = read_csv(out + "/visualizations.csv");
  ASSERT_EQ(joint.size(), 3u);
  EXPECT_EQ(joint[2].at("objective"), json["visualizations"][2]["objective"]);
  EXPECT_EQ(std::stof(all[40].at("threshold")), json["units"][40]["threshold"].get<float>());
}

// Published columns come first; every number that is declared of a unit and its best concept has one.
TEST_F(AtlasExport, CsvHasAColumnForEveryNumber) {
  const std::string out = folder() + "/csv";
  exported("csv", atlas(), out);
  const std::string text = read_file(out + "/units.csv");
  EXPECT_TRUE(
      text.starts_with("layer,unit,sign,label,display_label,category,iou,ceiling,intersection,activation,truth,"
                       "images,threshold,minimum,maximum,on_pixels,on_images,picture_status,"
                       "picture_activation,best_exemplar,activation_ratio,objective,picture_score,"
                       "picture_steps,"));
  const std::vector<Row> rows = read_csv(out + "/units.csv");
  const std::vector<UnitDissection> units = atlas().units("conv1", Detail::kBrief);
  for (size_t at = 0; at < units.size(); ++at) {
    const auto expect = [&](const std::string& column, double value) {
      const std::string& cell = rows[at].at(column);
      EXPECT_TRUE(std::isnan(value) ? cell.empty() : std::stod(cell) == value) << column << " " << cell;
    };
    ConceptMeasures::fields(units[at].best.measures,
                            [&](const Field& field, double value) { expect(std::string(field.name), value); });
    if (units[at].interval) expect("interval_high", units[at].interval->high);
    EXPECT_EQ(rows[at].at("interval_high").empty(), !units[at].interval);
    EXPECT_EQ(rows[at].at("significance_q").empty(), !units[at].significance);
    EXPECT_EQ(rows[at].at("verdict"), verdict_text(verdict(units[at])));
  }
}

TEST_F(AtlasExport, ExportsWhatIsNamed) {
  const auto ask = [&](const Json& request) {
    return export_atlas(atlas(), exporters::kinds(), request, *make_silent_reporter());
  };
  EXPECT_ERROR(ask(Json::object()), ErrorKind::kUsage, HasSubstr("name at least one of `csv`, `netdissect`"));
  EXPECT_ERROR(ask({{"csv", folder()}, {"views", {"mask"}}}), ErrorKind::kUsage, HasSubstr("`images` alone"));
  EXPECT_ERROR(ask({{"images", folder() + "/images"}, {"views", {"crop"}}}), ErrorKind::kUsage,
               HasSubstr("there is no such view"));
  EXPECT_EQ(ask({{"json", folder() + "/a.json"}}).size(), 1u);
  std::set<std::string> names;
  for (const Json& argument : export_arguments(exporters::kinds())) {
    EXPECT_TRUE(names.insert(argument["name"]).second) << argument["name"];
  }
}

TEST_F(AtlasExport, CsvKeepsOddTexts) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const RandomAtlas content = consistent(seed);
    Atlas other = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
    content.write(other);
    const std::string out = folder() + "/csv" + std::to_string(seed);
    exported("csv", other, out);
    for (const Row& row : read_csv(out + "/units.csv")) {
      EXPECT_THAT(row.at("layer"), testing::AnyOf(content.layers[0].name, content.layers[2].name));
    }
  }
}

TEST_F(AtlasExport, ArraysHoldWhatTheUnitsSay) {
  const std::string out = folder() + "/npy";
  EXPECT_EQ(exported("npy", atlas(), out).size(), 24u);
  const auto load = [&](const std::string& name) {
    const std::string path = out + "/block%2Fconv2." + name + ".npy";
    return parse_npy(read_file(path), path);
  };
  const std::vector<UnitDissection> units = atlas().units("block/conv2", Detail::kFull);
  const NpyFloats names = load("units"), thresholds = load("thresholds"), histograms = load("histograms"),
                  ranges = load("histogram_ranges"), iou = load("iou");
  EXPECT_THAT(names.shape, ElementsAre(48, 2));
  EXPECT_THAT(thresholds.shape, ElementsAre(48));
  EXPECT_THAT(histograms.shape, ElementsAre(48, 32));
  for (size_t at = 0; at < units.size(); ++at) {
    EXPECT_EQ(names.values[2 * at], static_cast<float>(units[at].unit));
    EXPECT_EQ(names.values[2 * at + 1], static_cast<float>(units[at].sign));
    EXPECT_EQ(thresholds.values[at], units[at].threshold);
    EXPECT_EQ(iou.values[at], static_cast<float>(units[at].best.iou));
    EXPECT_EQ(ranges.values[2 * at + 1], units[at].histogram.high);
    EXPECT_EQ(histograms.values[32 * at + 9], static_cast<float>(units[at].histogram.counts[9]));
  }
}

TEST_F(AtlasExport, ImagesAreFilesByUnit) {
  const std::string out = folder() + "/images";
  std::vector<std::string> paths = exported("images", atlas(), out);
  std::erase_if(paths, [](const std::string& path) { return path.find("/visualization") != std::string::npos; });
  // Two pictures and two strips a unit, no strips of the dead one, two sheets a layer.
  EXPECT_EQ(paths.size(), 40u * 4 - 2 + 4 + 2);
  EXPECT_EQ(read_file(out + "/block%2Fconv2/0007-.png"), atlas().pictures("block/conv2", 7, Detail::kFull).at(1).png);
  const Image strip = load_image(out + "/conv1/0000+.exemplars.png");
  EXPECT_GT(strip.width, 4 * strip.height);
  EXPECT_GT(load_image(out + "/conv1/sheet+.png").width, 300);
  EXPECT_FALSE(std::filesystem::exists(out + "/conv1/0003+.exemplars.png"));
}

TEST_F(AtlasExport, TablesFitTheirWidth) {
  for (const int width : {60, 80, 120}) {
    for (const std::string& table : {layers_table(atlas(), width), detectors_table(atlas(), "", 10, width),
                                     visualizations_table(atlas(), width)}) {
      std::istringstream lines(table);
      for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), width) << line;
    }
  }
  const std::string best = detectors_table(atlas(), "conv1", 4, 100);
  EXPECT_EQ(std::ranges::count(best, '\n'), 5);
  EXPECT_THAT(best, HasSubstr("ceiling"));
  EXPECT_THAT(best, Not(HasSubstr("conv2")));
}

TEST(TextTable, AlignsWhatPeopleSee) {
  TextTable table;
  table.add_column("name", TextTable::Align::kLeft, true);
  table.add_column("n", TextTable::Align::kRight);
  table.add_row({"café", "1"});
  table.add_row({"漢字", "22"});
  EXPECT_EQ(table.render(80), "name   n\ncafé   1\n漢字  22\n");
  table.add_row({"a long name", "3"});
  EXPECT_EQ(table.render(10), "name     n\ncafé     1\n漢字    22\na lon…   3\n");
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("\xff\xfe"), 2);
}

TEST(TextTable, IsNeverWiderThanAskedWhenItCanShrink) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& texts) {
    TextTable table;
    table.add_column("text", TextTable::Align::kLeft, true);
    table.add_column("more", TextTable::Align::kRight, true);
    for (const std::string& text : texts) table.add_row({text, "漢字" + text});
    const int width = *rc::gen::inRange(10, 60);
    std::istringstream lines(table.render(width));
    for (std::string line; std::getline(lines, line);) RC_ASSERT(display_width(line) <= width);
  }));
}

TEST(FileName, IsSafeAndComesBack) {
  EXPECT_EQ(file_name_from_layer("inception_4e/output"), "inception_4e%2Foutput");
  EXPECT_EQ(file_name_from_layer(".."), "%2E.");
  EXPECT_TRUE(rc::check([](const std::string& layer) {
    const std::string name = file_name_from_layer(layer);
    RC_ASSERT(layer_from_file_name(name) == layer);
    RC_ASSERT(!name.empty() && name[0] != '.' && name.find('/') == std::string::npos);
  }));
  EXPECT_ERROR(layer_from_file_name("a%2"), ErrorKind::kUsage, HasSubstr("hexadecimal"));
}

}  // namespace
}  // namespace microtome
