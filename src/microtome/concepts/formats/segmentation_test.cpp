// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/segmentation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/json_rows.h"
#include "microtome/concepts/testing/drawn_masks.h"

namespace microtome::concept_formats {
namespace {

using ::testing::ElementsAre;

TEST(Segmentation, PolygonsHoldThePixelsWhoseCentresAreInside) {
  Rng rng(5, "polygons");
  for (int round = 0; round < 300; ++round) {
    std::vector<float> corners;
    for (int64_t n = 2 * rng.between(3, 9); n > 0; --n) {
      corners.push_back(static_cast<float>(rng.uniform(-3, 15)));
    }
    RegionMask mask(13, 11);
    add_polygon(corners, mask);
    EXPECT_EQ(mask.inside, drawn({corners}, 13, 11)) << fmt::format("{}", fmt::join(corners, ","));
  }
}

TEST(Segmentation, RectanglesThatTouchShareNoPixelAndLeaveNoGap) {
  RegionMask left(8, 4), right(8, 4);
  add_polygon(std::vector<float>{0, 0, 3.5f, 0, 3.5f, 4, 0, 4}, left);
  add_polygon(std::vector<float>{3.5f, 0, 8, 0, 8, 4, 3.5f, 4}, right);
  for (size_t i = 0; i < left.inside.size(); ++i) EXPECT_EQ(left.inside[i] + right.inside[i], 1);
}

TEST(Segmentation, RunsComeBackFromTheirText) {
  std::vector<uint32_t> runs;
  ASSERT_TRUE(decode_runs("5`0", runs));
  EXPECT_THAT(runs, ElementsAre(5, 16));
  ASSERT_TRUE(decode_runs("0243N", runs)) << "from the fourth on differences to the run two before";
  EXPECT_THAT(runs, ElementsAre(0, 2, 4, 5, 2));
  Rng rng(6, "runs");
  for (int round = 0; round < 200; ++round) {
    std::vector<uint32_t> truth;
    for (int64_t n = rng.between(1, 30); n > 0; --n) truth.push_back(rng.next() >> rng.between(0, 31));
    ASSERT_TRUE(decode_runs(text_of(truth), runs));
    EXPECT_EQ(runs, truth);
  }
  for (const char* bad : {"P", "/", "pppppppp0", "N", "00 0"}) EXPECT_FALSE(decode_runs(bad, runs)) << bad;
}

TEST(Segmentation, RunsFillColumnsAndMustFit) {
  const Mask truth = scattered(7, 5, 3);
  RegionMask mask(7, 5);
  EXPECT_TRUE(add_runs(runs_of(truth, 7, 5), mask));
  EXPECT_EQ(mask.inside, truth);
  EXPECT_FALSE(add_runs(std::vector<uint32_t>{34}, mask));
  EXPECT_FALSE(add_runs(std::vector<uint32_t>{0, 36}, mask));
  EXPECT_FALSE(add_runs(std::vector<uint32_t>{35, 4294967295u, 1}, mask));
}

TEST(JsonRows, HandsOnRowsOfNamedTablesOnly) {
  std::vector<std::string> seen;
  const std::string where = "x.json";
  for_each_json_row(R"({"a": [1, {"b": [[2], {"c": null}]}], "skip": {"a": [9]}, "d": [], "e": "a"})", where,
                    {"a", "d"}, [&](const std::string& table, int64_t position, const nlohmann::json& row) {
                      seen.push_back(fmt::format("{}{}{}", table, position, row.dump()));
                    });
  EXPECT_THAT(seen, ElementsAre("a01", R"(a1{"b":[[2],{"c":null}]})"));
  for (const char* bad :
       {"", "[]", "3", R"({"a": 3})", R"({"a": []})", R"({"a": [], "d": [], "a": []})", "{\"a\": [1"}) {
    EXPECT_THROW(for_each_json_row(bad, where, {"a", "d"}, [](auto&&...) {}), Error) << bad;
  }
}

}  // namespace
}  // namespace microtome::concept_formats
