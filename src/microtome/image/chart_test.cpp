// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/chart.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace microtome {
namespace {

std::vector<double> numbers_of(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<double> out;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    out.push_back(std::stod((*at)[1]));
  }
  return out;
}

TEST(Chart, BarsAreAsHighAsTheirValues) {
  const std::string svg = bar_graph({{"dog", "object", 8}, {"cat", "object", 2}, {"striped", "texture", 4}});
  EXPECT_EQ(numbers_of(svg, "class=\"bar\"[^>]*height=\"([0-9.]+)\""), (std::vector<double>{100, 25, 50}));
  EXPECT_EQ(numbers_of(svg, "class=\"bar\" x=\"([0-9.]+)\""), (std::vector<double>{32, 47, 62}));
  EXPECT_EQ(numbers_of(svg, "class=\"group\"[^>]*>([0-9]+) "), (std::vector<double>{10, 4}));
}

TEST(Chart, SecondValuesHangBelowOnTheSameScale) {
  const std::string svg = bar_graph({{"dog", "object", 2, 8}, {"cat", "object", 4, 0}}, "before", "after");
  EXPECT_EQ(numbers_of(svg, "class=\"bar\"[^>]*height=\"([0-9.]+)\""), (std::vector<double>{25, 50}));
  EXPECT_EQ(numbers_of(svg, "class=\"below\"[^>]*height=\"([0-9.]+)\""), (std::vector<double>{100}));
  EXPECT_NE(svg.find(">6 / 8 object<"), std::string::npos);
}

TEST(Chart, NoTextOfABarGraphCoversAnotherOrLeavesThePicture) {
  const std::string svg = bar_graph({{"a very long name of a scene", "scene", 3},
                                     {"b", "a category with a long name", 1},
                                     {"c", "another", 1},
                                     {"d", "last of all of them", 1}});
  const auto xs = numbers_of(svg, "class=\"group\" x=\"([0-9.]+)\""),
             ys = numbers_of(svg, "class=\"group\"[^>]*y=\"([0-9.]+)\"");
  const auto width = numbers_of(svg, "<svg[^>]*width=\"([0-9.]+)\"").at(0);
  ASSERT_EQ(ys.size(), 4u);
  EXPECT_NE(ys[1], ys[2]) << "one bar apart";
  EXPECT_GT(xs[0], 120) << "the first label hangs out to the left";
  EXPECT_GT(width, xs[3] + 100);
  for (const double y : ys) EXPECT_GE(y, 10);
}

TEST(Chart, LinesPassThroughTheirPoints) {
  const std::string svg = line_chart("t", "x", "y", {{"a", {{0, 0, 0}, {1, 10, 2}}}});
  EXPECT_EQ(numbers_of(svg, "<circle cx=\"([0-9.]+)\"").size(), 2U);
  const auto heights = numbers_of(svg, "<circle[^>]*cy=\"([0-9.]+)\"");
  EXPECT_GT(heights[0], heights[1]) << "up is more";
  EXPECT_EQ(numbers_of(svg, "class=\"whisker\" d=\"M([0-9.]+)").size(), 1U);
}

TEST(Chart, TakesAnyTextAndNothingAtAll) {
  const std::string svg = line_chart("a<b & \"c\"", "", "", {});
  EXPECT_NE(svg.find("a&lt;b &amp; &quot;c&quot;"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(bar_graph({}).find("nan"), std::string::npos);
}

}  // namespace
}  // namespace microtome
