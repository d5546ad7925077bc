// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/units.h"

#include <gtest/gtest.h>

#include "microtome/base/error.h"

namespace microtome {
namespace {

TEST(Units, AreParsedAndMistakesNamed) {
  EXPECT_EQ(parse_units("", 3, "x"), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(parse_units("all", 3, "x"), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(parse_units("4,0-2,1", 5, "x"), (std::vector<int64_t>{0, 1, 2, 4}));
  for (const char* text : {"5", "0-5", "2-1", "a", "1,", "-1", "1--2", " 1"}) {
    EXPECT_THROW(parse_units(text, 5, "x"), Error) << text;
  }
}

}  // namespace
}  // namespace microtome
