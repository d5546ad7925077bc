// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace microtome {
namespace {

constexpr const char* kColours[] = {"#2c6fbb", "#d1495b", "#2a9d5c", "#e08e1b", "#7a4fa3", "#4a4a4a"};

std::string escaped(const std::string& text) {
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
                     (kLeft + kWidth - kRight) / 2, kHeight - 12, escaped(x_label));
  svg += fmt::format("<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                     (kTop + kHeight - kBottom) / 2, escaped(y_label));
}

}  // namespace

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
      kWidth, kHeight, kLeft, escaped(title));
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
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kWidth - kRight + 32, y, escaped(series[i].name));
  }
  return svg + "</svg>\n";
}

std::string bar_graph(const std::vector<ChartBar>& bars) {
  constexpr double kBar = 12, kGap = 3, kTall = 100, kMargin = 32, kUnder = 110, kOver = 24;
  double tallest = 0;
  for (const ChartBar& bar : bars) tallest = std::max(tallest, bar.value);
  const double width = kMargin + static_cast<double>(bars.size()) * (kBar + kGap) + 60;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:g}\" height=\"{:g}\" font-family=\"sans-serif\" "
      "font-size=\"11\" fill=\"#222\">\n",
      width, kOver + kTall + kUnder);
  size_t group = 0, begin = 0;
  const auto close = [&](size_t end) {
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += bars[i].value;
    if (end > begin) {
      svg += fmt::format("<text class=\"group\" x=\"{:g}\" y=\"14\" fill=\"{}\">{:g} {}</text>\n",
                         kMargin + static_cast<double>(begin) * (kBar + kGap), colour(group), sum,
                         escaped(bars[begin].group));
    }
    begin = end;
    ++group;
  };
  for (size_t i = 0; i < bars.size(); ++i) {
    if (i > 0 && bars[i].group != bars[i - 1].group) close(i);
    const double height = tallest > 0 ? bars[i].value / tallest * kTall : 0;
    const double x = kMargin + static_cast<double>(i) * (kBar + kGap);
    svg += fmt::format("<rect class=\"bar\" x=\"{:g}\" y=\"{:.2f}\" width=\"{:g}\" height=\"{:.2f}\" fill=\"{}\"/>\n",
                       x, kOver + kTall - height, kBar, height, colour(group));
    svg += fmt::format("<text transform=\"translate({:g} {:g}) rotate(-45)\" text-anchor=\"end\">{}</text>\n", x + kBar,
                       kOver + kTall + 12, escaped(bars[i].label));
  }
  close(bars.size());
  return svg + "</svg>\n";
}

}  // namespace microtome
