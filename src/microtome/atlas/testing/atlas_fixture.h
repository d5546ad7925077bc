// SPDX-License-Identifier: Apache-2.0
// A folder of its own for each test, and the check that something throws the right Error.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "microtome/atlas/testing/sample_atlas.h"
#include "microtome/base/error.h"

// The statement throws Error of this kind, and its text matches.
#define EXPECT_ERROR(statement, expected_kind, matcher)     \
  try {                                                     \
    statement;                                              \
    ADD_FAILURE() << "no Error from " #statement;           \
  } catch (const ::microtome::Error& error) {               \
    EXPECT_EQ(error.kind(), expected_kind) << error.what(); \
    EXPECT_THAT(error.what(), matcher);                     \
  }

namespace microtome {

class AtlasFixture : public testing::Test {
 protected:
  AtlasFixture() : folder_(quick_folder() + "/atlas_test_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~AtlasFixture() override { std::filesystem::remove_all(folder_); }

  const std::string& folder() const { return folder_; }
  std::string fresh_path() { return folder_ + "/" + std::to_string(++files_) + ".atlas"; }

 private:
  std::string folder_;
  int files_ = 0;
};

}  // namespace microtome
