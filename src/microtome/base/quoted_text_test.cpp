// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/quoted_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microtome {
namespace {

using testing::ElementsAre;

TEST(QuotedText, ListsTakeWhatIsQuotedAsItIs) {
  EXPECT_THAT(list_items("conv1,conv2"), ElementsAre("conv1", "conv2"));
  EXPECT_THAT(list_items(R"("a, b",c)"), ElementsAre("a, b", "c"));
  EXPECT_THAT(list_items(R"(relu layer "1",x)"), ElementsAre(R"(relu layer "1")", "x"));
  EXPECT_THAT(list_items(R"("open,x)"), ElementsAre(R"("open)", "x"));
  EXPECT_THAT(list_items(R"("a"b,c)"), ElementsAre(R"("a"b)", "c"));
  EXPECT_THAT(list_items(""), ElementsAre(""));
  EXPECT_THAT(list_items("a,,"), ElementsAre("a", "", ""));
}

TEST(QuotedText, WhatIsQuotedReadsBack) {
  for (const char* text : {"", "plain", "a, b", "\"", "\\", "\\\"", "say \"x\", then \\y", ","}) {
    const std::string quoted = in_quotes(text);
    EXPECT_THAT(list_items(quoted + ",z"), ElementsAre(text, "z"));
    const auto read = read_quoted(quoted + "rest");
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->text, text);
    EXPECT_EQ(read->length, quoted.size());
  }
  EXPECT_FALSE(read_quoted("\"open").has_value());
  EXPECT_FALSE(read_quoted("x\"y\"").has_value());
}

}  // namespace
}  // namespace microtome
