// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "microtome/base/error.h"
#include "microtome/base/locked_file.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class File : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }
  size_t count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  const fs::path folder_ = fs::temp_directory_path() / ("microtome_file_test_" + std::to_string(::getpid()));
};

std::string refused(const std::string& path) {
  try {
    write_file(path, "new");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    return error.what();
  }
  return "nothing was refused";
}

TEST_F(File, is_written_whole_and_read_back) {
  const std::string file = path("deep/x.bin");
  for (const std::string& bytes : {std::string("a\0b", 3), std::string(3'000'000, 'x'), std::string()}) {
    write_file(file, bytes);
    EXPECT_EQ(read_file(file), bytes);
  }
  EXPECT_EQ(count(), 1U);
  EXPECT_THROW(read_file(path("missing")), Error);
  EXPECT_THROW(read_file(folder_), Error);
  EXPECT_THROW(write_file("/proc/nowhere/x", "a"), Error);
}

TEST_F(File, takes_up_the_draft_of_a_killed_process) {
  std::ofstream(path("x.png.part")) << "half of a longer picture";
  write_file(path("x.png"), "whole");
  EXPECT_EQ(read_file(path("x.png")), "whole");
  EXPECT_EQ(count(), 1U);
}

TEST_F(File, waits_for_another_that_writes_it) {
  const int held = open_locked(path("x.part"), false);
  ASSERT_GE(held, 0);
  EXPECT_EQ(open_locked(path("x.part"), false), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  std::jthread other([&] { write_file(path("x"), "second"); });
  ASSERT_EQ(::write(held, "first", 5), 5);
  ASSERT_EQ(::rename(path("x.part").c_str(), path("x").c_str()), 0);
  EXPECT_EQ(read_file(path("x")), "first");
  ::close(held);
  other.join();
  EXPECT_EQ(read_file(path("x")), "second");
}

TEST_F(File, is_one_of_those_that_many_write_at_once) {
  std::vector<std::jthread> writers;
  for (char letter = 'a'; letter < 'i'; ++letter) {
    writers.emplace_back([&, letter] {
      for (int turn = 0; turn < 50; ++turn) write_file(path("x"), std::string(20'000, letter));
    });
  }
  for (int turn = 0; turn < 50;) {
    if (!fs::exists(path("x"))) continue;
    ++turn;
    const std::string bytes = read_file(path("x"));
    ASSERT_EQ(bytes, std::string(20'000, bytes.at(0)));
  }
  writers.clear();
  EXPECT_EQ(count(), 1U);
}

TEST_F(File, replaces_nothing_but_files) {
  fs::create_directory(path("folder"));
  EXPECT_THAT(refused(path("folder")), HasSubstr("is a folder"));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(refused(path("pipe")), HasSubstr("is no file that could be replaced"));
  EXPECT_THAT(refused("/dev/null"), HasSubstr("is no file that could be replaced"));
  fs::create_symlink(path("elsewhere"), path("linked.part"));
  EXPECT_THAT(refused(path("linked")), HasSubstr("cannot write"));
  EXPECT_FALSE(fs::exists(path("elsewhere")));
}

}  // namespace
}  // namespace microtome
