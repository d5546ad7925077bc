// SPDX-License-Identifier: Apache-2.0
// For each dissected layer, of positive units: LAYER.bargraph.svg, how many detectors each concept has, and
// LAYER.curve.svg, the number of detectors over cut-offs for each tail.
#include <fmt/format.h>

#include <set>

#include "microtome/dissect/detectors.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/folder_writer.h"
#include "microtome/exchange/netdissect_form.h"
#include "microtome/exchange/unit_rows.h"

namespace microtome::exporters {
namespace {

ChartSeries curve_of(const std::vector<UnitDissection>& units, double tail, double share) {
  ChartSeries series{fmt::format("top {:g} %", 100 * share), {}};
  for (const DetectorCurvePoint& point : detector_curve(units, tail)) {
    series.points.push_back({point.cut, 1.0 * point.detectors, 0});
  }
  return series;
}

std::vector<std::string> write_charts(const Atlas& atlas, const std::string& folder, const Json&, Reporter&) {
  const Vocabulary vocabulary(atlas);
  FolderWriter files(folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const std::vector<UnitDissection> units = positive_units(atlas, layer.name, Detail::kBrief);
    if (units.empty()) continue;
    std::vector<ChartSeries> curves = {curve_of(units, 0, atlas.dissection_info(layer.name)->tail)};
    std::set<double> tails;
    for (const TailScore& tail : units.front().tails) tails.insert(tail.tail);
    for (const double tail : tails) curves.push_back(curve_of(units, tail, tail));
    const std::string stem = file_name_from_layer(layer.name);
    files.write(stem + ".bargraph.svg", bar_graph(detector_bars(units, vocabulary)));
    files.write(stem + ".curve.svg",
                line_chart(layer.name + ": detectors over cut-offs", "IoU cut", "detectors", curves));
  }
  return files.take_some_paths();
}

}  // namespace

extern const Exporter charts;
const Exporter charts{"charts", "Folder for bar graphs of detectors and curves over cut-offs as SVG", write_charts};

}  // namespace microtome::exporters
