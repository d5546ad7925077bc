// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/new_atlas.h"

#include <filesystem>
#include <fstream>
#include <memory>

#include "microtome/atlas/check.h"
#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/atlas/testing/random_atlas.h"
#include "microtome/atlas/writer_lock.h"
#include "microtome/base/file.h"

namespace microtome {
namespace {

using testing::HasSubstr;
using Mode = Atlas::Mode;
namespace fs = std::filesystem;

class NewAtlas : public AtlasFixture {};

TEST_F(NewAtlas, AppearsWhenItIsWhole) {
  const RandomAtlas content(3);
  const std::string path = fresh_path();
  write_new_atlas(path, [&](Atlas& atlas) {
    content.write(atlas);
    EXPECT_FALSE(fs::exists(path));
  });
  EXPECT_NO_THROW(Atlas::open(path, Mode::kRead).content_hash());
  EXPECT_FALSE(fs::exists(path + ".part") || fs::exists(path + ".part.lock"));
  EXPECT_ERROR(write_new_atlas(path, [](Atlas&) {}), ErrorKind::kUsage, HasSubstr("is there already"));
}

TEST_F(NewAtlas, LeavesNothingWhenWritingFails) {
  const std::string path = fresh_path();
  const auto fail = [](Atlas& atlas) {
    RandomAtlas(3).write(atlas);
    throw Error(ErrorKind::kIo, "x", "went wrong");
  };
  EXPECT_ERROR(write_new_atlas(path, fail), ErrorKind::kIo, HasSubstr("went wrong"));
  EXPECT_FALSE(fs::exists(path) || fs::exists(path + ".part") || fs::exists(path + ".part.lock"));
}

TEST_F(NewAtlas, TakesUpWhatAKilledProcessLeft) {
  const std::string path = fresh_path();
  RandomAtlas(5).write(*std::make_unique<Atlas>(Atlas::open(path + ".part", Mode::kCreateOrWrite)));
  std::ofstream(path + ".part-journal") << "a journal";
  std::ofstream(path + ".part.lock") << "";
  const RandomAtlas content(3);
  write_new_atlas(path, [&](Atlas& atlas) { content.write(atlas); });
  Atlas wanted = Atlas::open(fresh_path(), Mode::kCreateOrWrite);
  content.write(wanted);
  EXPECT_EQ(Atlas::open(path, Mode::kRead).content_hash(), wanted.content_hash());
  EXPECT_FALSE(fs::exists(path + ".part") || fs::exists(path + ".part-journal") || fs::exists(path + ".part.lock"));
}

TEST_F(NewAtlas, LetsNobodyElseWriteMeanwhile) {
  const std::string path = fresh_path();
  write_new_atlas(path, [&](Atlas&) {
    EXPECT_ERROR(write_new_atlas(path, [](Atlas&) {}), ErrorKind::kIo, HasSubstr("is being written"));
  });
  EXPECT_TRUE(fs::exists(path));
}

// A copy that cannot be written is no fault of what is copied.
TEST_F(NewAtlas, RescueTellsTheCopysFailuresFromTheAtlasFaults) {
  const std::string path = fresh_path(), copy = fresh_path();
  const RandomAtlas content(3);
  write_new_atlas(path, [&](Atlas& atlas) { content.write(atlas); });
  const auto reporter = make_silent_reporter();
  EXPECT_TRUE(check_atlas(path, copy, *reporter).faults.empty());
  EXPECT_EQ(Atlas::open(copy, Mode::kRead).content_hash(), Atlas::open(path, Mode::kRead).content_hash());
  const WriterLock another(copy + "2.part");
  write_file(copy + "2.part", "");
  EXPECT_ERROR(check_atlas(path, copy + "2", *reporter), ErrorKind::kIo, HasSubstr("is being written"));
}

}  // namespace
}  // namespace microtome
