// SPDX-License-Identifier: Apache-2.0
// An atlas as SVG charts.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/export.h"
#include "microtome/exchange/export_parts.h"
#include "microtome/exchange/file_name.h"

namespace microtome {

void require_written(const std::vector<std::string>& paths) {
  if (!paths.empty()) return;
  throw Error(ErrorKind::kUsage, "the atlas", "holds no dissection, so there is nothing to write",
              "run: microtome dissect");
}

int netdissect_place(const std::string& category) {
  constexpr std::string_view kOrder[] = {"object", "scene", "part", "material", "texture", "color"};
  return static_cast<int>(std::ranges::find(kOrder, category) - std::begin(kOrder));
}

std::vector<ChartBar> detector_bars(const std::vector<UnitDissection>& units, const Vocabulary& vocabulary) {
  struct Row {
    int count = 0;
    double best = 0;
  };
  std::map<std::pair<int, int>, Row> rows;  // by category and label
  for (const UnitDissection& unit : units) {
    if (unit.sign != Sign::kPositive || unit.best.label == 0 || unit.best.iou < kDetectorCut) continue;
    Row& row = rows[{unit.best.category, unit.best.label}];
    ++row.count;
    row.best = std::max(row.best, unit.best.iou);
  }
  std::vector<std::pair<std::pair<int, int>, Row>> sorted(rows.begin(), rows.end());
  std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    const auto key = [&](const auto& item) {
      return std::tuple(netdissect_place(vocabulary.category(item.first.first)), item.first.first, -item.second.count,
                        -item.second.best);
    };
    return key(a) < key(b);
  });
  std::vector<ChartBar> bars;
  for (const auto& [place, row] : sorted) {
    bars.push_back({vocabulary.display_name(place.second), vocabulary.category(place.first), 1.0 * row.count});
  }
  return bars;
}

namespace {

ChartSeries curve_of(const std::string& name, const std::vector<UnitDissection>& units, double tail) {
  ChartSeries series{name, {}};
  for (const DetectorCurvePoint& point : detector_curve(units, tail)) {
    series.points.push_back({point.cut, 1.0 * point.detectors, 0});
  }
  return series;
}

}  // namespace

std::vector<std::string> export_charts(const Atlas& atlas, const std::string& folder) {
  const Vocabulary vocabulary(atlas);
  std::vector<std::string> written;
  for (const AtlasLayer& layer : chosen_layers(atlas, {})) {
    std::vector<UnitDissection> units = atlas.units(layer.name, true);
    std::erase_if(units, [](const UnitDissection& unit) { return unit.sign != Sign::kPositive; });
    if (units.empty()) continue;
    const auto info = atlas.dissection_info(layer.name);
    std::vector<ChartSeries> curves = {curve_of(fmt::format("top {:g} %", 100 * info->tail), units, 0)};
    std::set<double> tails;
    for (const TailScore& tail : units.front().tails) tails.insert(tail.tail);
    for (const double tail : tails) curves.push_back(curve_of(fmt::format("top {:g} %", 100 * tail), units, tail));
    const std::string stem = folder + "/" + file_name_from_layer(layer.name);
    written.push_back(stem + ".bargraph.svg");
    write_file(written.back(), bar_graph(detector_bars(units, vocabulary)));
    written.push_back(stem + ".curve.svg");
    write_file(written.back(), line_chart(layer.name + ": detectors over cut-offs", "IoU cut", "detectors", curves));
  }
  require_written(written);
  return written;
}

}  // namespace microtome
