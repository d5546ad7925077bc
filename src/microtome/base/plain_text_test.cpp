// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/plain_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/json_text.h"
#include "microtome/base/reporter.h"
#include "microtome/base/rng.h"
#include "microtome/base/text_table.h"

namespace microtome {
namespace {

std::string encoded(uint32_t point) {
  std::string out;
  if (point < 0x80) return std::string(1, static_cast<char>(point));
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | point >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (point >> (6 * i) & 63));
  return out;
}

TEST(PlainText, KnowsEveryCharacterOfUnicode) {
  for (uint32_t point = 0; point < 0x112000; ++point) {
    const bool exists = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    ASSERT_EQ(is_utf8(encoded(point)), exists) << point;
    if (!exists) continue;
    ASSERT_EQ(first_utf8(encoded(point)).point, point);
  }
  for (const char* overlong : {"\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF"})
    EXPECT_FALSE(is_utf8(overlong));
}

TEST(PlainText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(as_utf8("caf\xE9"), "caf\xEF\xBF\xBD");
  EXPECT_EQ(as_utf8("\xC3\xA9"), "\xC3\xA9");
  Rng rng(3, "bytes");
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int64_t n = rng.below(20); n > 0; --n) bytes += static_cast<char>(rng.below(256));
    EXPECT_TRUE(is_utf8(as_utf8(bytes)));
    EXPECT_NO_THROW(Json(as_utf8(bytes)).dump());  // The judge: nlohmann throws on any byte that is no UTF-8.
    EXPECT_EQ(is_utf8(bytes), as_utf8(bytes) == bytes);
  }
}

TEST(PlainText, ShowsWhatActsOnATerminalAsText) {
  EXPECT_EQ(one_line("a\x1b]0;x\x07\n\tb"), "a\\u001b]0;x\\u0007\\u000a\\u0009b");
  EXPECT_EQ(shown_text("a\x1b\n\tb"), "a\\u001b\n\tb");
  EXPECT_EQ(one_line("\xC2\x9B"
                     "31m \xE2\x80\xAE"
                     "abc \xE2\x81\xA6 \x7F"),
            "\\u009b31m \\u202eabc \\u2066 \\u007f");
  EXPECT_EQ(one_line("caf\xC3\xA9 \xE7\x8A\xAC \xF0\x9F\x90\x95"), "caf\xC3\xA9 \xE7\x8A\xAC \xF0\x9F\x90\x95");
  for (uint32_t point = 0; point < 0x3000; ++point) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    const std::string shown = one_line(encoded(point));
    for (std::string_view rest = shown; !rest.empty(); rest.remove_prefix(first_utf8(rest).bytes)) {
      const uint32_t left = first_utf8(rest).point;
      EXPECT_TRUE(left >= 0x20 && (left < 0x7F || left >= 0xA0) && left != 0x202E) << point;
    }
  }
}

TEST(PlainText, KeepsTheMeaningOfJson) {
  const Json document = {{"name\xE2\x80\xAE", "\x1b[31m\xC2\x9B\n"}, {"plain", {1, 2}}};
  EXPECT_EQ(Json::parse(shown_text(document.dump(2))), document);
}

TEST(PlainText, TablesKeepTheirLines) {
  TextTable table;
  table.add_column("name", TextTable::Align::kLeft);
  table.add_row({"a\nb\xC2\x9B\xE2\x80\xAE\xFF"});
  EXPECT_EQ(table.render(80), "name\na\\u000ab\\u009b\\u202e\xEF\xBF\xBD\n");
}

TEST(PlainText, TheConsoleIsNeverWrittenToByNames) {
  testing::internal::CaptureStderr();
  const auto reporter = make_console_reporter(true);
  const std::string name = "a\x1b]0;x\x07\n\xC2\x9B.jpg";
  reporter->start("reading " + name, 3, "images", 1);
  reporter->warn(name), reporter->note(name), reporter->detail(name);
  reporter->finish();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 5) << said;
  EXPECT_EQ(shown_text(said), said);
}

TEST(JsonText, HasADepthAndManyEntries) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') + std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64), "x"));
  for (const int depth : {65, 300000}) {
    try {
      parse_json(nested(depth), "x.json");
      ADD_FAILURE() << depth;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "x.json: the json is nested more than 64 deep");
    }
  }
  std::string wide = "[";
  for (int i = 0; i < 100000; ++i) wide += "{\"a]\\\"[\":[]},";
  EXPECT_EQ(parse_json(wide + "0]", "x").size(), 100001u);
  EXPECT_THROW(parse_json("[1,", "x"), Error);
  EXPECT_THROW(parse_json("[\"caf\xE9\"]", "x"), Error);
  EXPECT_EQ(parse_json<nlohmann::json>("{\"b\":1,\"a\":2}", "x").dump(), "{\"a\":2,\"b\":1}");
}

}  // namespace
}  // namespace microtome
