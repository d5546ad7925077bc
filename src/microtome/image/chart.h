// SPDX-License-Identifier: Apache-2.0
// Charts as SVG, from values to text.
#pragma once
#include <string>
#include <vector>

namespace microtome {

struct ChartPoint {
  double x = 0, y = 0;
  double error = 0;  // half the length of a vertical whisker; 0 = none
};
struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;
};
// Lines over x with axes that start at zero, ticks and a legend. Names may hold any text. An empty chart has axes
// alone.
std::string line_chart(const std::string& title, const std::string& x_label, const std::string& y_label,
                       const std::vector<ChartSeries>& series);

// Text as it may stand in SVG and HTML, in quotes too.
std::string escaped_markup(const std::string& text);

struct ChartBar {
  std::string label, group;
  double value = 0;
  double below = 0;  // A second value, drawn downwards and paler.
};
// NetDissect's bar graph (docs/numerics.md): bars 12 wide, 3 apart, the tallest 100 high, labels at -45 degrees; groups
// in the order in which they come, each in a colour of its own with its sum over it. With second values the bars share
// one scale, and a line on top says what is `above` the axis and what `below`.
std::string bar_graph(const std::vector<ChartBar>& bars, const std::string& above = {}, const std::string& below = {});

}  // namespace microtome
