// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/foreign.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <new>
#include <system_error>

#include "microtome/base/file.h"
#include "microtome/base/path.h"

namespace microtome {
namespace {

TEST(Foreign, FilesAreNamedByTheirBeginning) {
  EXPECT_EQ(mistaken_for("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
            "a Git LFS pointer, not the file that it stands for");
  EXPECT_EQ(remedy_of("version https://git-lfs.github.com/spec/v1\n"), "fetch it with: git lfs pull");
  for (const char* page : {"<!DOCTYPE html><p>", "\n  <html lang=en>", "\xEF\xBB\xBF<!doctype HTML>"}) {
    EXPECT_EQ(mistaken_for(page), "an HTML page");
  }
  EXPECT_EQ(mistaken_for(std::string("\0\0\0\x18"
                                     "ftypheic",
                                     12)),
            "a HEIC or AVIF picture");
  EXPECT_EQ(mistaken_for("GIF89a"), "a GIF picture");
  for (const char* other : {"", "v", "\x08\x01", "hello"}) EXPECT_EQ(mistaken_for(other), "");
}

TEST(Foreign, ExceptionsBecomeErrors) {
  EXPECT_EQ(error_of(std::bad_alloc()).kind(), ErrorKind::kUnsupported);
  EXPECT_EQ(error_of(std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried")).kind(),
            ErrorKind::kUnsupported);
  const std::filesystem::filesystem_error refused("cannot", "p", std::make_error_code(std::errc::permission_denied));
  EXPECT_EQ(error_of(refused).kind(), ErrorKind::kIo);
  EXPECT_EQ(std::string(error_of(refused).what()).find("defect"), std::string::npos);
  EXPECT_EQ(error_of(std::logic_error("x")).kind(), ErrorKind::kInternal);
  const Error known(ErrorKind::kNotFound, "a", "b", "c");
  EXPECT_STREQ(error_of(known).what(), known.what());
  EXPECT_EQ(error_of(known).kind(), ErrorKind::kNotFound);
}

// Permissions do not bind the superuser: for the scope the process is another user.
class AsNobody {
 public:
  AsNobody() : was_(::geteuid()) {
    if (was_ == 0) works_ = ::seteuid(65534) == 0;
  }
  ~AsNobody() {
    if (was_ == 0 && works_) works_ = ::seteuid(0) == 0;
  }
  bool works() const { return works_; }

 private:
  uid_t was_;
  bool works_ = true;
};

TEST(Path, WhatMayNotBeSeenIsAnErrorAndNotAnAbsence) {
  const std::string folder = testing::TempDir() + "microtome_path_test_" + std::to_string(::getpid());
  write_file(folder + "/closed/x.txt", "a");
  write_file(folder + "/secret.txt", "a");
  EXPECT_TRUE(is_there(folder + "/closed/x.txt"));
  EXPECT_FALSE(is_folder(folder + "/closed/x.txt"));
  EXPECT_TRUE(is_folder(folder + "/closed"));
  EXPECT_FALSE(is_there(folder + "/none/x"));
  EXPECT_FALSE(is_there(folder + "/secret.txt/x"));
  ASSERT_EQ(::chmod((folder + "/closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod((folder + "/secret.txt").c_str(), 0), 0);
  {
    const AsNobody other;
    if (other.works()) {
      const auto denied = [](const auto& work, const std::string& where) {
        try {
          work();
          ADD_FAILURE() << "no error";
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kIo);
          EXPECT_NE(std::string(error.what()).find("ermission denied"), std::string::npos) << error.what();
          EXPECT_TRUE(std::string(error.what()).starts_with(where + ": ")) << error.what();
        }
      };
      denied([&] { is_there(folder + "/closed/x.txt"); }, folder + "/closed");
      denied([&] { is_folder(folder + "/closed/no/such/folder"); }, folder + "/closed");
      denied([&] { read_file(folder + "/closed/x.txt"); }, folder + "/closed/x.txt");
      denied([&] { read_file(folder + "/secret.txt"); }, folder + "/secret.txt");
    }
  }
  ASSERT_EQ(::chmod((folder + "/closed").c_str(), 0700), 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace microtome
