// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "microtome/atlas/testing/sample_atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/exemplar_view.h"
#include "microtome/explorer/bundle.h"
#include "microtome/explorer/data_files.h"
#include "microtome/explorer/pages.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// The value in a data file.
Json value_of(const Page& page, const std::string& name) {
  const std::string head = "microtomeData(\"" + name + "\",";
  EXPECT_TRUE(page.bytes.starts_with(head)) << page.bytes.substr(0, 60);
  EXPECT_TRUE(page.bytes.ends_with(");\n"));
  return Json::parse(page.bytes.substr(head.size(), page.bytes.size() - head.size() - 3));
}

ErrorKind refusal(const Atlas& atlas, const std::string& path) {
  try {
    answer(atlas, path);
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::kInternal;
}

std::vector<double> unpack(const PackedMap& packed) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t word = 0;
  int bits = 0;
  for (const char letter : packed.base64) {
    if (letter == '=') break;
    word = word << 6 | static_cast<uint32_t>(digits.find(letter));
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(word >> (bits -= 8) & 255);
  }
  std::vector<double> map;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const int step = static_cast<uint8_t>(bytes[i]) | static_cast<uint8_t>(bytes[i + 1]) << 8;
    map.push_back(packed.low + (static_cast<double>(packed.high) - packed.low) * step / 65535);
  }
  return map;
}

class Explorer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder() = fs::temp_directory_path() / ("microtome_explorer_test_" + std::to_string(getpid()));
    fs::create_directories(folder());
    write_sample_atlas(path());
  }
  static void TearDownTestSuite() { fs::remove_all(folder()); }
  void SetUp() override {
    if (bundle_files().empty()) GTEST_SKIP() << "built without the pages (MICROTOME_EXPLORER=OFF)";
  }
  static fs::path& folder() {
    static fs::path path;
    return path;
  }
  static std::string path() { return folder() / "sample.atlas"; }
  static AtlasLayer layer(const Atlas& atlas, const std::string& name) {
    for (const AtlasLayer& entry : atlas.layers()) {
      if (entry.name == name) return entry;
    }
    throw Error(ErrorKind::kInternal, "test", "no layer " + name);
  }
  const Atlas atlas_ = Atlas::open(path(), Atlas::Mode::kRead);
};

TEST_F(Explorer, site_holds_what_answer_says) {
  const auto reporter = make_silent_reporter();
  const fs::path site = folder() / "site";
  site_exporter.write(atlas_, site, Json::object(), *reporter);
  const std::vector<std::string> paths = page_paths(atlas_);
  const std::set<std::string> unique(paths.begin(), paths.end());
  EXPECT_EQ(unique.size(), paths.size());
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(site)) files += entry.is_regular_file();
  EXPECT_EQ(files, paths.size());
  for (const std::string& page : paths) EXPECT_EQ(read_file(site / page), answer(atlas_, page).bytes) << page;
  EXPECT_EQ(answer(atlas_, "").bytes, answer(atlas_, "/index.html").bytes);
}

TEST_F(Explorer, front_end_runs_from_disk) {
  const std::string index = answer(atlas_, "index.html").bytes;
  EXPECT_THAT(index, Not(HasSubstr("module")));
  EXPECT_THAT(index, Not(HasSubstr("http")));
  EXPECT_THAT(answer(atlas_, "app.css").bytes, Not(HasSubstr("url(http")));
  EXPECT_EQ(answer(atlas_, "app.js").media_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(answer(atlas_, "data/atlas.js").media_type, "text/plain; charset=utf-8") << "no script, once it is served";
}

TEST_F(Explorer, everything_else_is_refused) {
  const std::string id = std::to_string(layer(atlas_, "conv1").id), plain = std::to_string(layer(atlas_, "relu1").id);
  for (const std::string& page :
       {std::string("nothing.html"), std::string("../../etc/passwd"), std::string("/etc/passwd"),
        std::string("data/../app.js"), std::string("//app.js"), std::string("data/atlas.js\0", 14),
        std::string("images/thumb-00.png"), std::string("images/thumb-99.png"), std::string("images/thumb-0.jpg"),
        std::string("images/thumb--1.png"), "data/layer-" + plain + ".js", "data/layer-0" + id + ".js",
        "data/unit-" + id + "-16.js", "data/unit-" + id + "-99999999999999999999.js",
        "images/picture-" + id + "-0-p-7.png", std::string(1 << 20, 'a')}) {
    EXPECT_EQ(refusal(atlas_, page), ErrorKind::kNotFound) << page.substr(0, 80);
  }
}

TEST_F(Explorer, network_page_agrees_with_the_atlas) {
  const Json data = value_of(answer(atlas_, "data/atlas.js"), "atlas");
  EXPECT_EQ(data["network"]["name"], "sample");
  EXPECT_EQ(data["detector_cut"], kDetectorCut);
  ASSERT_EQ(data["layers"].size(), 4);
  EXPECT_EQ(data["layers"][1]["study"], nullptr);
  const Json& layer = data["layers"][2];
  EXPECT_EQ(layer["name"], "block/conv2");
  int units = 0, detectors = 0;
  std::set<int> labels;
  for (const UnitDissection& unit : atlas_.units("block/conv2", Detail::kBrief)) {
    if (unit.sign != Sign::kPositive) continue;
    ++units;
    if (unit.best.iou < kDetectorCut) continue;
    ++detectors;
    labels.insert(unit.best.label);
  }
  const Json& counts = layer["study"]["counts"];
  EXPECT_EQ(counts["units"], units);
  EXPECT_EQ(counts["detectors"], detectors);
  EXPECT_EQ(counts["unique"], labels.size());
  std::set<int> shown;
  for (const Json& item : layer["study"]["strip"]) shown.insert(item["label"].get<int>());
  EXPECT_EQ(shown.size(), std::min<size_t>(labels.size(), layer["study"]["strip"].size()));
}

// Pages are shown to others: what was typed is told without the folders of this machine.
TEST_F(Explorer, pages_name_no_folder_of_the_machine) {
  const std::string typed = folder() / "typed.atlas";
  write_sample_atlas(typed);
  Atlas atlas = Atlas::open(typed, Atlas::Mode::kWrite);
  const Json settings = {{"files", {{"/home/somebody/a.txt", "hash"}}}, {"list", {"/home/somebody/list/", 3}}};
  AtlasPicture picture = atlas.visualizations(Detail::kFull).at(0);
  picture.objective = "inversion(image=/home/somebody/cat.png,layer=conv1)";
  atlas.put_picture(atlas.begin_run({"visualize", "1", "", "", settings,
                                     "microtome atlas /home/somebody/net.onnx --concepts a:/home/somebody/set "
                                     "--layers block/conv2 --out=/home/somebody/n.atlas"}),
                    picture);
  for (const std::string& path : page_paths(atlas)) {
    EXPECT_EQ(answer(atlas, path).bytes.find("/home/somebody"), std::string::npos) << path;
  }
  const Json run = value_of(answer(atlas, "data/atlas.js"), "atlas")["runs"].back();
  EXPECT_EQ(run["command"], "microtome atlas net.onnx --concepts a:set --layers block/conv2 --out=n.atlas");
  EXPECT_EQ(run["settings"], (Json{{"files", {{"a.txt", "hash"}}}, {"list", {"list", 3}}}));
}

TEST(WithoutFolders, keeps_names_that_look_like_paths) {
  const std::vector<std::string> known = {"/conv1/Conv", "/a:0"};
  for (const auto& [text, shown] : std::map<std::string, std::string>{
           {"channel(/conv1/Conv:3) - /tmp/x.png", "channel(/conv1/Conv:3) - x.png"},
           {"--layers /conv1/Conv,/a:0,/conv1/Convolution", "--layers /conv1/Conv,/a:0,Convolution"},
           {"\"/root/a b\" ../c /", "\"a b\" ../c /"},
           {"", ""}}) {
    EXPECT_EQ(without_folders(text, known), shown);
  }
}

TEST_F(Explorer, layer_columns_and_unit_agree_with_the_atlas) {
  const AtlasLayer conv = layer(atlas_, "block/conv2");
  const std::string id = std::to_string(conv.id);
  const Json table = value_of(answer(atlas_, "data/layer-" + id + ".js"), "layer-" + id);
  const std::vector<UnitDissection> units = atlas_.units(conv.name, Detail::kFull);
  ASSERT_EQ(table["unit"].size(), units.size());
  for (size_t row = 0; row < units.size(); ++row) {
    EXPECT_EQ(table["unit"][row], units[row].unit);
    EXPECT_EQ(table["sign"][row], static_cast<int>(units[row].sign));
    EXPECT_EQ(table["label"][row], units[row].best.label);
    EXPECT_NEAR(table["iou"][row], units[row].best.iou, 1e-6);
    EXPECT_EQ(table["by_category"][1]["label"][row], units[row].by_category[1].label);
  }
  const Json unit = value_of(answer(atlas_, "data/unit-" + id + "-5.js"), "unit-" + id + "-5");
  ASSERT_EQ(unit["dissections"].size(), 2);
  const auto negative = atlas_.unit(conv.name, 5, Sign::kNegative);
  const Json& shown = unit["dissections"][1]["dissection"];
  EXPECT_EQ(static_cast<float>(shown["threshold"].get<double>()), negative->threshold);
  EXPECT_EQ(shown["histogram"]["counts"].get<std::vector<int64_t>>(), negative->histogram.counts);
  ASSERT_EQ(shown["top"].size(), negative->top.size());
  EXPECT_EQ(media_type(answer(atlas_, shown["top"][0]["src"].get<std::string>()).bytes), "image/png");
  const auto window = seen_window(conv, atlas_.network()->input, negative->top[0], Sign::kNegative, ExemplarList::kTop);
  ASSERT_TRUE(window);
  EXPECT_NEAR(shown["top"][0]["seen"][0], window->x, 1e-6);
  EXPECT_NEAR(shown["top"][0]["seen"][3], window->height, 1e-6);
  EXPECT_EQ(answer(atlas_, "images/picture-" + id + "-5-n-0.png").bytes,
            atlas_.pictures(conv.name, 5, Detail::kFull).back().png);
}

TEST_F(Explorer, pictures_of_further_objectives_have_paths_of_their_own) {
  const std::string two = folder() / "two.atlas";
  write_sample_atlas(two);
  Atlas atlas = Atlas::open(two, Atlas::Mode::kWrite);
  AtlasPicture further = atlas.pictures("conv1", 2, Detail::kFull).at(0);
  further.objective = "neuron(layer=conv1,unit=2)", further.png = encode_png(Image(2, 2));
  atlas.put_picture(atlas.begin_run({"visualize", "1", "", "", Json::object(), ""}), further);
  const std::string id = std::to_string(layer(atlas, "conv1").id);
  const Json unit = value_of(answer(atlas, "data/unit-" + id + "-2.js"), "unit-" + id + "-2");
  ASSERT_EQ(unit["pictures"].size(), 3);
  const auto stored = atlas.pictures("conv1", 2, Detail::kFull);
  EXPECT_EQ(unit["pictures"][0]["src"], "images/picture-" + id + "-2-p-0.png");
  EXPECT_EQ(unit["pictures"][1]["src"], "images/picture-" + std::to_string(stored[1].id) + ".png");
  const std::vector<std::string> paths = page_paths(atlas);
  for (size_t at = 0; at < stored.size(); ++at) {
    const std::string src = unit["pictures"][at]["src"];
    EXPECT_EQ(answer(atlas, src).bytes, stored[at].png);
    EXPECT_EQ(std::ranges::count(paths, src), 1);
  }
  EXPECT_EQ(refusal(atlas, "images/picture-" + std::to_string(stored[0].id) + ".png"), ErrorKind::kNotFound);
}

TEST_F(Explorer, frames_and_visualizations_are_the_atlas_s) {
  const std::string id = std::to_string(layer(atlas_, "block/conv2").id);
  const Json unit = value_of(answer(atlas_, "data/unit-" + id + "-5.js"), "unit-" + id + "-5");
  const Json& picture = unit["pictures"][1];
  EXPECT_EQ(picture["frames"], (Json{1, 8, 32}));
  EXPECT_EQ(picture["facts"]["steps"], 64);
  const AtlasPicture stored = atlas_.pictures("block/conv2", 5, Detail::kFull).at(1);
  EXPECT_NEAR(picture["score"], stored.score, 1e-6);
  const std::string number = std::to_string(picture["id"].get<int64_t>());
  EXPECT_EQ(answer(atlas_, "images/frame-" + number + "-8.webp").bytes, stored.frames.at(1).webp);
  EXPECT_EQ(refusal(atlas_, "images/frame-" + number + "-9.webp"), ErrorKind::kNotFound);
  EXPECT_EQ(refusal(atlas_, "images/visualization-" + number + ".png"), ErrorKind::kNotFound) << "it is of a unit";
  const Json all = value_of(answer(atlas_, "data/visualizations.js"), "visualizations");
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0]["pictures"].size(), 2);
  const AtlasPicture last = atlas_.visualizations(Detail::kFull).back();
  EXPECT_EQ(all[1]["objective"], last.objective);
  EXPECT_EQ(answer(atlas_, "images/visualization-" + std::to_string(last.id) + ".png").bytes, last.png);
  const Json strip = value_of(answer(atlas_, "data/atlas.js"), "atlas")["visualizations"];
  EXPECT_EQ(strip["count"], 2);
  EXPECT_EQ(strip["strip"][1]["id"], last.id);
}

TEST_F(Explorer, concept_index_lists_every_best_concept) {
  const Json table = value_of(answer(atlas_, "data/concepts.js"), "concepts");
  std::map<std::tuple<int64_t, int, int, int>, double> listed;
  for (size_t row = 0; row < table["unit"].size(); ++row) {
    const auto key = std::make_tuple(table["layer"][row].get<int64_t>(), table["unit"][row].get<int>(),
                                     table["sign"][row].get<int>(), table["label"][row].get<int>());
    EXPECT_TRUE(listed.emplace(key, table["iou"][row]).second);
  }
  for (const AtlasLayer& entry : atlas_.studied_layers()) {
    for (const UnitDissection& unit : atlas_.units(entry.name, Detail::kBrief)) {
      if (unit.best.label == 0 || unit.best.iou == 0) continue;
      EXPECT_TRUE(listed.contains({entry.id, unit.unit, static_cast<int>(unit.sign), unit.best.label}));
    }
  }
}

TEST(DataScript, cannot_leave_its_string) {
  const Json value = {{"name", "</script><b> \xE2\x80\xA8 \xFF \"quoted\" inception_4e/output"}};
  const std::string script = data_script("x", value);
  EXPECT_THAT(script, Not(HasSubstr("<")));
  EXPECT_TRUE(std::ranges::all_of(script, [](char letter) { return static_cast<unsigned char>(letter) < 128; }));
  const Json back = value_of({"", script}, "x");
  EXPECT_EQ(back["name"], "</script><b> \xE2\x80\xA8 \xEF\xBF\xBD \"quoted\" inception_4e/output");
}

TEST(PackMap, keeps_extremes_exactly_and_the_rest_within_a_step) {
  for (const std::vector<float>& map : {std::vector<float>{0, 6, 6, 2.5F, 0.1F}, std::vector<float>{-3, -3},
                                        std::vector<float>{1.5F}, std::vector<float>{0, 1e-30F, 3e38F, -3e38F}}) {
    const PackedMap packed = pack_map(map);
    const std::vector<double> back = unpack(packed);
    ASSERT_EQ(back.size(), map.size());
    const double step = (static_cast<double>(packed.high) - packed.low) / 65535;
    for (size_t i = 0; i < map.size(); ++i) {
      if (map[i] == packed.low || map[i] == packed.high)
        EXPECT_EQ(static_cast<float>(back[i]), map[i]);
      else
        EXPECT_NEAR(back[i], map[i], step / 2 * 1.0001);
    }
  }
  EXPECT_TRUE(pack_map({}).base64.empty());
}

}  // namespace
}  // namespace microtome
