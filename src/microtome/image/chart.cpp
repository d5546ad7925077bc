// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace microtome {
namespace {

constexpr const char* kColours[] = {"#2c6fbb", "#d1495b", "#2a9d5c", "#e08e1b", "#7a4fa3", "#4a4a4a"};

const char* colour(size_t i) { return kColours[i % std::size(kColours)]; }

// 1, 2 or 5 times a power of ten, so that about `ticks` of them make the range.
double tick_step(double range, int ticks) {
  const double rough = std::max(range, 1e-12) / ticks, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

constexpr double kWidth = 640, kHeight = 400, kLeft = 64, kRight = 150, kTop = 40, kBottom = 54;

struct Frame {
  double x_top = 1, y_top = 1;
  double x(double value) const { return kLeft + value / x_top * (kWidth - kLeft - kRight); }
  double y(double value) const { return kHeight - kBottom - value / y_top * (kHeight - kTop - kBottom); }
};

void add_axes(const Frame& frame, const std::string& x_label, const std::string& y_label, std::string& svg) {
  svg += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}H{:.1f}\" fill=\"none\" stroke=\"#444\"/>\n", kLeft, kTop,
                     kHeight - kBottom, kWidth - kRight);
  for (double v = 0; v <= frame.x_top * 1.0001; v += tick_step(frame.x_top, 6)) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:g}</text>\n", frame.x(v),
                       kHeight - kBottom + 18, std::round(v * 1e6) / 1e6);
  }
  for (double v = 0; v <= frame.y_top * 1.0001; v += tick_step(frame.y_top, 6)) {
    svg +=
        fmt::format("<path d=\"M{0:.1f} {2:.1f}H{1:.1f}\" stroke=\"#e4e4e4\"/>\n", kLeft, kWidth - kRight, frame.y(v));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>\n", kLeft - 8, frame.y(v) + 4,
                       std::round(v * 1e6) / 1e6);
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                     (kLeft + kWidth - kRight) / 2, kHeight - 12, escaped_markup(x_label));
  svg += fmt::format("<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                     (kTop + kHeight - kBottom) / 2, escaped_markup(y_label));
}

}  // namespace

std::string escaped_markup(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string line_chart(const std::string& title, const std::string& x_label, const std::string& y_label,
                       const std::vector<ChartSeries>& series) {
  Frame frame{0, 0};
  for (const ChartSeries& line : series) {
    for (const ChartPoint& point : line.points) {
      frame.x_top = std::max(frame.x_top, point.x);
      frame.y_top = std::max(frame.y_top, point.y + point.error);
    }
  }
  if (!(frame.x_top > 0)) frame.x_top = 1;
  frame.y_top = frame.y_top > 0 ? std::ceil(frame.y_top / tick_step(frame.y_top, 6)) * tick_step(frame.y_top, 6) : 1;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" "
      "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"#fff\"/>\n<text x=\"{2:g}\" y=\"24\" font-size=\"15\">{3}</text>\n",
      kWidth, kHeight, kLeft, escaped_markup(title));
  add_axes(frame, x_label, y_label, svg);
  for (size_t i = 0; i < series.size(); ++i) {
    std::string path;
    for (const ChartPoint& point : series[i].points) {
      const double x = frame.x(point.x);
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, frame.y(point.y));
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>\n", x, frame.y(point.y), colour(i));
      if (point.error <= 0) continue;
      svg += fmt::format("<path class=\"whisker\" d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"{3}\"/>\n", x,
                         frame.y(std::max(0.0, point.y - point.error)), frame.y(point.y + point.error), colour(i));
    }
    if (!path.empty()) {
      svg += fmt::format("<path class=\"line\" d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path,
                         colour(i));
    }
    const double y = kTop + 18 * static_cast<double>(i) + 6;
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"3\" fill=\"{}\"/>\n",
                       kWidth - kRight + 14, y - 5, colour(i));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kWidth - kRight + 32, y,
                       escaped_markup(series[i].name));
  }
  return svg + "</svg>\n";
}

namespace {

constexpr double kBar = 12, kBarGap = 3, kTallest = 100, kLane = 14;

// About as wide as 11-pixel text of a sans-serif face gets.
double text_width(const std::string& text) { return 6.4 * static_cast<double>(text.size()); }

class BarGraph {
 public:
  BarGraph(const std::vector<ChartBar>& bars, const std::string& above, const std::string& below) : bars_(bars) {
    double tallest = 0, deepest = 0, under = 60;
    for (size_t i = 0; i < bars.size(); ++i) {
      tallest = std::max({tallest, bars[i].value, bars[i].below}), deepest = std::max(deepest, bars[i].below);
      // Labels hang down to the left at 45 degrees.
      const double reach = std::sqrt(0.5) * text_width(bars[i].label);
      left_ = std::max(left_, reach - static_cast<double>(i) * (kBar + kBarGap));
      under = std::max(under, reach + 24);
    }
    two_sided_ = deepest > 0;
    scale_ = tallest > 0 ? kTallest / tallest : 0;
    if (two_sided_) sides_ = "\u2191 " + above + " \u00b7 \u2193 " + below;
    find_groups();
    axis_ = over_ + kTallest, bottom_ = axis_ + deepest * scale_;
    width_ = std::max({width_, x(bars.size()) + 12, left_ + text_width(sides_)});
    height_ = bottom_ + under;
  }

  std::string svg() const {
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\" "
        "font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">\n",
        std::ceil(width_), std::ceil(height_));
    if (two_sided_) {
      svg += fmt::format("<text class=\"sides\" x=\"{:g}\" y=\"12\">{}</text>\n", left_, escaped_markup(sides_));
    }
    for (size_t group = 0; group < groups_.size(); ++group) add_group(group, svg);
    return svg + "</svg>\n";
  }

 private:
  struct Group {
    size_t begin = 0, end = 0;
    std::string text;
    double y = 0;
  };

  double x(size_t bar) const { return left_ + static_cast<double>(bar) * (kBar + kBarGap); }

  // Sums stand over the first bar of their group, in the lowest lane that the ones before leave free.
  void find_groups() {
    std::vector<double> taken;
    for (size_t begin = 0, end = 0; begin < bars_.size(); begin = end) {
      double sum = 0, sum_below = 0;
      for (; end < bars_.size() && bars_[end].group == bars_[begin].group; ++end) {
        sum += bars_[end].value, sum_below += bars_[end].below;
      }
      Group group{begin, end, fmt::format("{:g} {}", sum, bars_[begin].group), 0};
      if (two_sided_) group.text = fmt::format("{:g} / {:g} {}", sum, sum_below, bars_[begin].group);
      const auto lane = std::find_if(taken.begin(), taken.end(), [&](double end_x) { return end_x < x(begin); });
      const double end_x = x(begin) + text_width(group.text) + 6;
      group.y = static_cast<double>(lane - taken.begin());
      if (lane == taken.end()) {
        taken.push_back(end_x);
      } else {
        *lane = end_x;
      }
      width_ = std::max(width_, end_x);
      groups_.push_back(std::move(group));
    }
    over_ = kLane * (static_cast<double>(taken.size()) + (two_sided_ ? 1 : 0)) + 10;
    for (Group& group : groups_) group.y = over_ - 8 - kLane * group.y;
  }

  void add_group(size_t number, std::string& svg) const {
    const Group& group = groups_[number];
    const char* fill = colour(number);
    svg += fmt::format("<text class=\"group\" x=\"{:g}\" y=\"{:g}\" fill=\"{}\">{}</text>\n", x(group.begin), group.y,
                       fill, escaped_markup(group.text));
    for (size_t i = group.begin; i < group.end; ++i) {
      const auto bar = [&](const char* kind, double top, double value, const char* more) {
        svg +=
            fmt::format("<rect class=\"{}\" x=\"{:g}\" y=\"{:.2f}\" width=\"{:g}\" height=\"{:.2f}\" fill=\"{}\"{}/>\n",
                        kind, x(i), top, kBar, value * scale_, fill, more);
      };
      bar("bar", axis_ - bars_[i].value * scale_, bars_[i].value, "");
      if (bars_[i].below > 0) bar("below", axis_, bars_[i].below, " fill-opacity=\"0.45\"");
      svg += fmt::format("<text transform=\"translate({:g} {:g}) rotate(-45)\" text-anchor=\"end\">{}</text>\n",
                         x(i) + kBar, bottom_ + 12, escaped_markup(bars_[i].label));
    }
  }

  const std::vector<ChartBar>& bars_;
  std::vector<Group> groups_;
  std::string sides_;
  bool two_sided_ = false;
  double scale_ = 0, left_ = 32, over_ = 0, axis_ = 0, bottom_ = 0, width_ = 0, height_ = 0;
};

}  // namespace

std::string bar_graph(const std::vector<ChartBar>& bars, const std::string& above, const std::string& below) {
  return BarGraph(bars, above, below).svg();
}

}  // namespace microtome
