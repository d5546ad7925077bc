// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/testing/sample_atlas.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

TEST(SampleAtlas, HoldsWhatItsHeaderSays) {
  const std::string path = testing::TempDir() + "sample" + std::to_string(::getpid()) + ".atlas";
  write_sample_atlas(path);
  const Atlas atlas = Atlas::open(path, Atlas::Mode::kRead);
  EXPECT_EQ(atlas.layers().size(), 4u);
  ASSERT_EQ(atlas.studied_layers().size(), 2u);
  const std::vector<UnitDissection> units = atlas.units("block/conv2", Detail::kFull);
  ASSERT_EQ(units.size(), 48u);
  EXPECT_EQ(units[1].sign, Sign::kNegative);
  for (const UnitDissection& unit : units) {
    EXPECT_EQ(unit.by_category.size(), 6u);
    for (const ConceptScore& s : unit.top_concepts) {
      EXPECT_EQ(s.iou,
                static_cast<double>(s.intersection) / static_cast<double>(s.activation + s.truth - s.intersection));
      EXPECT_LE(s.iou, s.ceiling);
    }
    for (const Exemplar& e : unit.top) {
      ASSERT_TRUE(atlas.thumbnail(e.image).has_value());
      EXPECT_EQ(decode_image(atlas.thumbnail(e.image)->bytes, "thumbnail").width, 64);
    }
  }
  const std::vector<AtlasPicture> pictures = atlas.pictures("conv1", 3, Detail::kFull);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_EQ(pictures[0].status, "did not start");
  EXPECT_EQ(decode_image(pictures[0].png, "picture").height, 48);
  const std::string hash = atlas.content_hash();
  write_sample_atlas(path);
  EXPECT_EQ(Atlas::open(path, Atlas::Mode::kRead).content_hash(), hash);
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
  EXPECT_FALSE(std::filesystem::exists(path + "-journal"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace microtome
