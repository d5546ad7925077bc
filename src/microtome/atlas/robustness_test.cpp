// SPDX-License-Identifier: Apache-2.0
// Files that are no atlas or a damaged one, killed writers, several processes at once, old and new schemas.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <cmath>

#include <atomic>
#include <csignal>
#include <thread>

#include "microtome/atlas/schema.h"
#include "microtome/atlas/store.h"
#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/atlas/testing/random_atlas.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/base/json.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;
using Mode = Atlas::Mode;

class AtlasRobustness : public AtlasFixture {
 protected:
  std::string small_atlas(uint64_t seed = 3) {
    const std::string path = fresh_path();
    Atlas atlas = Atlas::open(path, Mode::kCreateOrWrite);
    RandomAtlas(seed).write(atlas);
    return path;
  }
};

void read_everything(const Atlas& atlas) {
  atlas.content_hash();
  atlas.network();
  atlas.concepts();
  atlas.runs();
  for (const AtlasLayer& layer : atlas.layers()) {
    atlas.dissection_info(layer.name);
    atlas.units(layer.name, Detail::kFull);
    atlas.pictures(layer.name, -1, Detail::kFull);
  }
  atlas.visualizations(Detail::kFull);
  for (int64_t image = 0; image < 20; ++image) atlas.thumbnail(image);
}

TEST_F(AtlasRobustness, SaysWhatIsNoAtlas) {
  const std::string path = fresh_path();
  EXPECT_ERROR(Atlas::open(path, Mode::kRead), ErrorKind::kNotFound, HasSubstr("no such atlas"));
  EXPECT_ERROR(Atlas::open(path, Mode::kWrite), ErrorKind::kNotFound, HasSubstr("no such atlas"));
  EXPECT_ERROR(Atlas::open(folder(), Mode::kRead), ErrorKind::kIo, HasSubstr("is a folder"));
  write_file(path, "");
  EXPECT_ERROR(Atlas::open(path, Mode::kRead), ErrorKind::kCorrupt, HasSubstr("empty"));
  write_file(path, std::string(5000, 'x'));
  for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kCreateOrWrite}) {
    EXPECT_ERROR(Atlas::open(path, mode), ErrorKind::kCorrupt, HasSubstr("is not an atlas"));
  }
  EXPECT_EQ(read_file(path), std::string(5000, 'x'));
  EXPECT_ERROR(Atlas::open("/proc/nowhere/x.atlas", Mode::kCreateOrWrite), ErrorKind::kIo, HasSubstr("cannot"));
}

TEST_F(AtlasRobustness, MakesAnAtlasWhereverItIsAsked) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder());
  for (const std::string path : {"bare.atlas", "new/folder/x.atlas", ":memory:", "file:x?mode=memory"}) {
    EXPECT_NO_THROW(Atlas::open(path, Mode::kCreateOrWrite)) << path;
    EXPECT_TRUE(std::filesystem::exists(path)) << path;
  }
  std::filesystem::current_path(before);
}

TEST_F(AtlasRobustness, LeavesAnotherProgramsFileAlone) {
  const std::string path = fresh_path();
  SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE layer (id)");
  const std::string before = read_file(path);
  for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kCreateOrWrite}) {
    EXPECT_ERROR(Atlas::open(path, mode), ErrorKind::kCorrupt, HasSubstr("another program's SQLite file"));
  }
  EXPECT_EQ(read_file(path), before);
}

TEST_F(AtlasRobustness, RefusesASchemaFromTheFuture) {
  const std::string path = small_atlas();
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  const std::string before = read_file(path);
  for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kCreateOrWrite}) {
    EXPECT_ERROR(Atlas::open(path, mode), ErrorKind::kUnsupported, HasSubstr("newer microtome"));
  }
  EXPECT_EQ(read_file(path), before);
}

TEST_F(AtlasRobustness, MigratesOnWriteAndInMemoryOnRead) {
  const std::string path = small_atlas();
  const std::string before = read_file(path);
  std::vector<std::string_view> steps(schema_steps().begin(), schema_steps().end());
  steps.push_back("ALTER TABLE run ADD COLUMN host TEXT NOT NULL DEFAULT 'here'");
  const auto hosts = [](SQLite::Database& database) {
    return database.execAndGet("SELECT COUNT(*) FROM run WHERE host = 'here'").getInt();
  };
  EXPECT_EQ(Store::open(path, Mode::kRead, steps)->read(hosts), 1);
  EXPECT_EQ(read_file(path), before);

  std::vector<std::string_view> broken = steps;
  broken.push_back("CREATE TABLE extra (a); CREATE TABLE run (a)");  // Fails in its second half.
  EXPECT_ERROR(Store::open(path, Mode::kWrite, broken), ErrorKind::kCorrupt, HasSubstr("already exists"));
  EXPECT_NO_THROW(read_everything(Atlas::open(path, Mode::kRead))) << "a failed migration changes nothing";

  EXPECT_EQ(Store::open(path, Mode::kWrite, steps)->read(hosts), 1);
  EXPECT_EQ(Store::open(path, Mode::kRead, steps)->read(hosts), 1);
  EXPECT_ERROR(Atlas::open(path, Mode::kRead), ErrorKind::kUnsupported, HasSubstr("newer microtome"));
}

TEST_F(AtlasRobustness, ReadsAtlasesOfTheFirstSchema) {
  const std::string path = fresh_path();
  Store::open(path, Mode::kCreateOrWrite, schema_steps().first(1))->write([](SQLite::Database& database) {
    database.exec(
        "INSERT INTO network VALUES (1, 'h', 'onnx', 'net', '{}', '[]');"
        "INSERT INTO layer VALUES (1, 0, 'conv', '[]', 'Conv', '[1,2,2]', 1, '{}', 1);"
        "INSERT INTO concepts VALUES (1, 'c', '[\"object\"]', 9);"
        "INSERT INTO concept VALUES (0, '', '', -1, '[]'), (1, 'tree', 'tree', 0, '[0]');"
        "INSERT INTO run VALUES (1, 'k', 'dissect', '0', 'h', 'c', '{}', '', '', NULL);"
        "INSERT INTO dissection VALUES (1, 1, 2, 2, 0.005, 9);"
        "INSERT INTO unit VALUES (1, 1, 0, 1, 0.5, 0, 1, 7, 3, 1, 0, 5, 7, 6, 4, 0.625, 0.8);"
        "INSERT INTO score VALUES (1, 1, 0, 1, 0, 5, 7, 6, 4, 0.625, 0.8);"
        "INSERT INTO unit_data VALUES (1, x'', 0, 1, x'')");
  });
  for (const Mode mode : {Mode::kRead, Mode::kWrite}) {
    const auto units = Atlas::open(path, mode).units("conv", Detail::kFull);
    ASSERT_EQ(units.size(), 1U);
    EXPECT_EQ(units[0].best.iou, 0.625);
    EXPECT_FALSE(units[0].significance || units[0].held_out || units[0].interval);
    ASSERT_EQ(units[0].top_concepts.size(), 1U);
    EXPECT_TRUE(std::isnan(units[0].top_concepts[0].measures.auc));
  }
}

TEST_F(AtlasRobustness, ReadsPicturesOfTheSecondSchema) {
  const std::string path = fresh_path();
  Store::open(path, Mode::kCreateOrWrite, schema_steps().first(2))->write([](SQLite::Database& database) {
    database.exec(std::string() +
                  "INSERT INTO network VALUES (1, 'h', 'onnx', 'net', '{}', '[]');"
                  "INSERT INTO layer VALUES (1, 0, 'conv', '[]', 'Conv', '[1,2,2]', 1, '{}', 1);"
                  "INSERT INTO run VALUES (1, 'k', 'visualize', '0', 'h', '', '{}', '', '', NULL);"
                  "INSERT INTO blob VALUES (1, '" +
                  sha256_hex("png") + "', 'png'), (2, '" + sha256_hex("other") +
                  "', 'other');"
                  "INSERT INTO picture VALUES (4, 1, 7, 1, 0, 1, 'up', 1, 3, 2, 0.5, 0.25, 2, 'ok', "
                  "'{\"size\":1,\"a\":1}', x'0000803f'),"
                  " (9, 1, 7, -1, 3, 1, 'down', 2, 3, 2, -0.5, NULL, NULL, 'ok', '{}', x'')");
  });
  for (const Mode mode : {Mode::kRead, Mode::kWrite}) {
    const Atlas atlas = Atlas::open(path, mode);
    const auto pictures = atlas.pictures("conv", -1, Detail::kFull);
    ASSERT_EQ(pictures.size(), 2U);
    const AtlasPicture& up = pictures[0];
    EXPECT_EQ(std::tie(up.id, up.unit, up.objective, up.png, up.width, up.height, up.activation, up.facts.size),
              std::make_tuple(4, 7, "up", "png", 3, 2, 0.5, std::optional<int64_t>(1)));
    EXPECT_EQ(up.activation_ratio, 2.0);
    EXPECT_EQ(up.curve, std::vector<float>{1});
    EXPECT_TRUE(std::isnan(up.score) && up.frames.empty());
    EXPECT_EQ(pictures[1].sign, Sign::kNegative);
    EXPECT_EQ(pictures[1].variant, 3);
    EXPECT_TRUE(atlas.visualizations(Detail::kFull).empty());
    EXPECT_TRUE(atlas.has_picture(1, pictures[1]));
  }
}

TEST_F(AtlasRobustness, ReadsStatisticsOfTheThirdSchema) {
  const std::string path = fresh_path();
  Store::open(path, Mode::kCreateOrWrite, schema_steps().first(3))->write([](SQLite::Database& database) {
    database.exec(
        "INSERT INTO network VALUES (1, 'h', 'onnx', 'net', '{}', '[]');"
        "INSERT INTO layer VALUES (7, 0, 'conv', '[]', 'Conv', '[1,2,2]', 1, '{}', 1);"
        "INSERT INTO run VALUES (1, 'k', 'dissect', '0', 'h', 'c', '{\"compat\":\"dissect\"}', '', '', NULL);"
        "INSERT INTO dissection VALUES (7, 1, 2, 1, 0.005, 9);"
        "INSERT INTO unit VALUES (5, 7, 0, 1, 0.5, 0, 1, 7, 3, 1, 0, 5, 7, 6, 4, 0.625, 0.8, "
        "'{\"measures\":{\"share\":0.1,\"f1\":0.30000000000000004,\"iqr\":null,\"auc\":0.7,"
        "\"average_precision\":0.2,\"pearson\":-0.5},\"held_out\":{\"label\":3,\"train_iou\":0.25,\"iou\":0.125},"
        "\"interval\":{\"low\":0.1,\"high\":0.2,\"deviation\":0.3},"
        "\"significance\":{\"permutations\":9,\"p\":0.1,\"q\":0.2,\"family_p\":0.3,\"null_mean\":0.4,"
        "\"null_high\":0.5},\"tails\":[{\"tail\":0.01,\"threshold\":0.25,\"on_pixels\":4,\"best\":{\"label\":2,"
        "\"category\":1,\"intersection\":3,\"activation\":4,\"truth\":5,\"images\":6,\"iou\":0.5,"
        "\"ceiling\":0.9}}],\"formulas\":[{\"text\":\"a OR b\",\"length\":2,\"intersection\":1,\"truth\":2,"
        "\"iou\":0.5}],\"selfcheck\":[{\"score\":\"iou\",\"before\":1,\"missing\":0.5,\"extra\":null}]}');"
        "INSERT INTO score VALUES (5, 0, 0, 1, 0, 5, 7, 6, 4, 0.625, 0.8, 1, 2, 3, 4, 5, 6);"
        "INSERT INTO exemplar VALUES (5, 1, 0, 8, 0.5, 2, 1), (5, 0, 0, 9, 1.5, 2, 1);"
        "INSERT INTO unit_data VALUES (5, x'0000803f000000400000404000008040', 0, 1, x'0900000000000000')");
  });
  UnitDissection wanted;
  wanted.threshold = 0.5F, wanted.maximum = 1, wanted.on_pixels = 7, wanted.on_images = 3;
  wanted.best = {1, 0, 5, 7, 6, 4, 0.625, 0.8, {0.1, 0.1 + 0.2, NAN, 0.7, 0.2, -0.5}};
  wanted.by_category = {{1, 0, 5, 7, 6, 4, 0.625, 0.8, {1, 2, 3, 4, 5, 6}}};
  wanted.held_out = {3, 0.25, 0.125};
  wanted.interval = {0.1, 0.2, 0.3};
  wanted.significance = {9, 0.1, 0.2, 0.3, 0.4, 0.5};
  wanted.tails = {{0.01, 0.25F, 4, {2, 1, 3, 4, 5, 6, 0.5, 0.9, {}}}};
  wanted.formulas = {{"a OR b", 2, 1, 2, 0.5}};
  wanted.trials = {{"iou", 1, 0.5, NAN}};
  wanted.histogram = {0, 1, {9}};
  wanted.top = {{9, 1.5F, 2, 1, {1, 2}}};
  wanted.bottom = {{8, 0.5F, 2, 1, {3, 4}}};
  std::string hash;
  for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kRead}) {
    const Atlas atlas = Atlas::open(path, mode);
    const auto units = atlas.units("conv", Detail::kFull);
    ASSERT_EQ(units.size(), 1U);
    EXPECT_EQ(first_difference(units[0], wanted), "");
    EXPECT_EQ(atlas.dissection_info("conv")->convention, "dissect");
    EXPECT_EQ(atlas.dissection_info("conv")->upsampling, "zero");
    if (!hash.empty()) {
      EXPECT_EQ(atlas.content_hash(), hash);
    }
    hash = atlas.content_hash();
  }
  // The same results written today have the same digest.
  Atlas fresh = Atlas::open(fresh_path(), Mode::kCreateOrWrite);
  AtlasLayer layer;
  layer.name = "conv", layer.op = "Conv", layer.shape = {1, 2, 2}, layer.units = 1, layer.macs_share = 1;
  layer.receptive_field = Json::object();
  fresh.put_network({"h", "onnx", "net", Json::object(), {}}, {layer});
  LayerDissection dissection{"conv", 2, 1, 0.005, 9, {wanted}, "dissect", "zero"};
  fresh.put_dissection(fresh.begin_run({"dissect", "9", "", "", Json::object(), ""}), dissection, {});
  EXPECT_EQ(fresh.content_hash(), hash);
}

TEST_F(AtlasRobustness, EveryTruncationIsAnError) {
  const std::string whole = read_file(small_atlas());
  const std::string path = fresh_path();
  for (size_t size = 0; size < whole.size(); size += size < 200 ? 7 : 1 + whole.size() / 150) {
    write_file(path, whole.substr(0, size));
    EXPECT_ERROR(read_everything(Atlas::open(path, Mode::kRead)), ErrorKind::kCorrupt, HasSubstr("atlas"));
  }
}

TEST_F(AtlasRobustness, DamageIsAnErrorOrHarmless) {
  const std::string whole = read_file(small_atlas());
  const std::string path = fresh_path();
  int errors = 0;
  for (uint64_t round = 0; round < 200; ++round) {
    std::string bytes = whole;
    Rng rng(round, "damage");
    for (int64_t spots = rng.between(1, 30); spots > 0; --spots) {
      bytes[static_cast<size_t>(rng.below(std::ssize(bytes)))] = static_cast<char>(rng.next());
    }
    write_file(path, bytes);
    try {
      read_everything(Atlas::open(path, Mode::kRead));
    } catch (const Error&) {
      ++errors;
    }
  }
  EXPECT_GT(errors, 20);
}

TEST_F(AtlasRobustness, OneWriterAtATime) {
  const std::string path = small_atlas();
  {
    const Atlas writer = Atlas::open(path, Mode::kWrite);
    EXPECT_ERROR(Atlas::open(path, Mode::kWrite), ErrorKind::kIo, HasSubstr("is being written by another process"));
    EXPECT_ERROR(Atlas::open(path, Mode::kCreateOrWrite), ErrorKind::kIo, HasSubstr("is being written"));
    EXPECT_NO_THROW(read_everything(Atlas::open(path, Mode::kRead)));
  }
  EXPECT_NO_THROW(Atlas::open(path, Mode::kWrite));
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
  write_file(path + ".lock", "");  // As a killed writer leaves it.
  EXPECT_NO_THROW(Atlas::open(path, Mode::kWrite));
  Atlas reader = Atlas::open(path, Mode::kRead);
  EXPECT_ERROR(reader.end_run(1), ErrorKind::kInternal, HasSubstr("open for reading only"));
}

AtlasPicture numbered_picture(const std::string& layer, int number) {
  AtlasPicture picture;
  picture.layer = layer;
  picture.unit = number;
  picture.png = std::string(20'000, static_cast<char>(number)) + std::to_string(number);
  picture.status = "ok";
  return picture;
}

TEST_F(AtlasRobustness, ReadersBesideAWriterSeeWholePrefixes) {
  const RandomAtlas content(3);
  const std::string path = fresh_path();
  Atlas writer = Atlas::open(path, Mode::kCreateOrWrite);
  const int64_t run = content.write(writer);
  const std::string layer = content.layers[3].name;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      const Atlas atlas = Atlas::open(path, Mode::kRead);
      for (size_t last = 0; !done;) {
        const std::vector<AtlasPicture> pictures = atlas.pictures(layer, -1, Detail::kFull);
        ASSERT_GE(pictures.size(), last);
        last = pictures.size();
        for (size_t at = 0; at < last; ++at) {
          ASSERT_EQ(pictures[at].png, numbered_picture(layer, static_cast<int>(at)).png);
        }
        ASSERT_EQ(atlas.units(content.dissections[0].layer, Detail::kFull).size(), content.dissections[0].units.size());
      }
    });
  }
  for (int number = 0; number < 100; ++number) {
    writer.put_picture(run, numbered_picture(layer, number));
    if (number % 10 == 0) writer.put_dissection(run, content.dissections[0], content.thumbnails);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(AtlasRobustness, WorkersShareOneWriter) {
  const RandomAtlas content(3);
  Atlas atlas = Atlas::open(fresh_path(), Mode::kCreateOrWrite);
  const int64_t run = content.write(atlas);
  const std::string layer = content.layers[3].name;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&, worker] {
      for (int number = worker; number < 60; number += 4) {
        atlas.put_picture(run, numbered_picture(layer, number));
        EXPECT_TRUE(atlas.has_picture(run, numbered_picture(layer, number)));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(atlas.pictures(layer, -1, Detail::kBrief).size(), 60u);
}

// Writes pictures, dissections and checkpoints until it is killed, and says so after each round through the pipe.
[[noreturn]] void write_until_killed(const std::string& path, const RandomAtlas& content, int pipe) {
  Atlas atlas = Atlas::open(path, Mode::kCreateOrWrite);
  const int64_t run = content.write(atlas);
  const std::string layer = content.layers[3].name;
  for (int number = static_cast<int>(atlas.pictures(layer, -1, Detail::kBrief).size());; ++number) {
    atlas.put_picture(run, numbered_picture(layer, number));
    LayerDissection dissection = content.dissections[0];
    dissection.tail = number;
    atlas.put_dissection(run, dissection, content.thumbnails);
    atlas.put_checkpoint(run, number, std::string(50'000, static_cast<char>(number)));
    if (::write(pipe, "+", 1) != 1) ::_exit(1);
  }
}

int schema_number(const std::string& path) {
  return SQLite::Database(path, SQLite::OPEN_READWRITE).execAndGet("PRAGMA user_version").getInt();
}

TEST_F(AtlasRobustness, SurvivesKillsAtAnyMoment) {
  const RandomAtlas content(3);
  const std::string path = fresh_path();
  Rng rng(1, "kill");
  size_t last = 0;
  bool begun = false;
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(path, content, pipe[1]);
    ::close(pipe[1]);  // So that reading ends should the child.
    // The first ones die while the file comes to be, the others at some moment of a round.
    char sign = 0;
    for (int64_t rounds = round < 6 ? 0 : rng.between(1, 3); rounds > 0; --rounds)
      ASSERT_EQ(::read(pipe[0], &sign, 1), 1);
    ::usleep(static_cast<useconds_t>(rng.between(0, 8'000)));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    // Killed before its first transaction was through, the file holds nothing yet; from then on it must stay whole.
    if (!std::filesystem::exists(path)) continue;
    if (!begun && schema_number(path) == 0) continue;
    begun = true;
    const Atlas atlas = Atlas::open(path, Mode::kRead);
    read_everything(atlas);
    if (atlas.layers().empty()) continue;
    const std::vector<AtlasPicture> pictures = atlas.pictures(content.layers[3].name, -1, Detail::kFull);
    ASSERT_GE(pictures.size(), last) << "what was finished is kept";
    last = pictures.size();
    for (size_t at = 0; at < last; ++at) {
      ASSERT_EQ(pictures[at].png, numbered_picture(content.layers[3].name, static_cast<int>(at)).png);
    }
    if (const auto saved = atlas.checkpoint(1)) {
      ASSERT_EQ(saved->state, std::string(50'000, static_cast<char>(saved->images_done)));
    }
    EXPECT_EQ(SQLite::Database(path).execAndGet("PRAGMA integrity_check").getString(), "ok");
  }
  EXPECT_GT(last, 10u);
}

}  // namespace
}  // namespace microtome
