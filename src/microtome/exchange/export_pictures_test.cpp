// SPDX-License-Identifier: Apache-2.0
// Sprite sheets, films and pictures of no single unit as files.
#include <gtest/gtest.h>

#include <algorithm>

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/exchange/tables.h"
#include "microtome/exchange/testing/exported.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

class ExportedPictures : public AtlasFixture {
 protected:
  ExportedPictures() {
    const std::string path = fresh_path();
    write_sample_atlas(path);
    atlas_.emplace(Atlas::open(path, Atlas::Mode::kRead));
  }
  const Atlas& atlas() const { return *atlas_; }

 private:
  std::optional<Atlas> atlas_;
};

// Every tile holds its unit's picture, and together they cover the sheets, but for what the last row lacks.
TEST_F(ExportedPictures, SpritesHoldThePicturesWhereTheIndexSays) {
  for (const int largest : {16384, 100}) {
    const std::string out = folder() + "/sprites" + std::to_string(largest);
    const std::vector<std::string> paths = exported("sprites", atlas(), out, {{"sheet-size", largest}});
    const Json index = Json::parse(read_file(out + "/block%2Fconv2.sprites-.json"));
    EXPECT_EQ(index["sign"], "-");
    ASSERT_EQ(index["units"].size(), 24u);
    EXPECT_EQ(index["sheets"].size(), largest == 100 ? 6u : 1u);  // two by two tiles of 48 fit into 100
    std::vector<Image> sheets;
    size_t area = 0;
    for (const Json& name : index["sheets"]) {
      sheets.push_back(load_image(out + "/" + name.get<std::string>()));
      EXPECT_LE(std::max(sheets.back().width, sheets.back().height), largest);
      area += sheets.back().pixels.size();
    }
    EXPECT_EQ(area, 48u * 48 * 3 * (largest == 100 ? 24 : 25));
    for (const auto& [unit, box] : index["units"].items()) {
      const Image& sheet = sheets.at(box["sheet"]);
      const Image picture =
          decode_image(atlas().pictures("block/conv2", std::stoi(unit), Detail::kFull).at(1).png, unit);
      ASSERT_EQ(box["w"], picture.width);
      for (int y = 0; y < picture.height; ++y) {
        const int left = box["x"], top = box["y"];
        ASSERT_TRUE(std::equal(picture.at(0, y), picture.at(0, y) + 3 * picture.width, sheet.at(left, top + y)))
            << unit;
      }
    }
    EXPECT_EQ(paths.size(), largest == 100 ? 2u * (4 + 1) + 2 * (6 + 1) : 8u);
  }
}

TEST_F(ExportedPictures, VisualizationsAreFilesByObjective) {
  const std::string out = folder() + "/joint";
  std::vector<std::string> paths = exported("images", atlas(), out);
  std::erase_if(paths, [](const std::string& path) { return path.find("/visualization") == std::string::npos; });
  ASSERT_EQ(paths.size(), 6u);
  // Three frames and the end; a player finds "ANIM" and a frame header ("ANMF") for each.
  const std::string film = read_file(out + "/visualization.0000.v1.frames.webp");
  EXPECT_NE(film.find("ANIM"), std::string::npos);
  int frames = 0;
  for (size_t at = film.find("ANMF"); at != std::string::npos; at = film.find("ANMF", at + 1)) ++frames;
  EXPECT_EQ(frames, 4);
  const Json index = Json::parse(read_file(out + "/visualizations.json"));
  ASSERT_EQ(index.size(), 3u);
  EXPECT_EQ(index[1]["file"], "visualization.0000.v1.png");
  EXPECT_EQ(index[1]["frames"], (Json{1, 8, 32}));
  EXPECT_EQ(index[2]["file"], "visualization.0001.png");
  EXPECT_EQ(read_file(out + "/visualization.0001.png"), atlas().visualizations(Detail::kFull).at(2).png);
  Atlas empty = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
  EXPECT_TRUE(exported("images", empty, out).empty());
  EXPECT_EQ(visualizations_table(empty, 80), "");
}

}  // namespace
}  // namespace microtome
