// SPDX-License-Identifier: Apache-2.0
// An atlas as .npy arrays.
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/exchange/export.h"
#include "microtome/exchange/file_name.h"

namespace microtome {
namespace {

struct LayerArrays {
  std::vector<int64_t> units, histograms;
  std::vector<float> thresholds, iou, ranges;
  int64_t count = 0, bins = 0;

  void add(const UnitDissection& unit, const std::string& layer) {
    const auto width = static_cast<int64_t>(unit.histogram.counts.size());
    if (count > 0 && width != bins) {
      throw Error(ErrorKind::kUnsupported, layer, "its histograms differ in their number of bins; an array needs one");
    }
    bins = width;
    ++count;
    units.insert(units.end(), {unit.unit, static_cast<int64_t>(unit.sign)});
    thresholds.push_back(unit.threshold);
    iou.push_back(static_cast<float>(unit.best.iou));
    histograms.insert(histograms.end(), unit.histogram.counts.begin(), unit.histogram.counts.end());
    ranges.insert(ranges.end(), {unit.histogram.low, unit.histogram.high});
  }
};

}  // namespace

std::vector<std::string> export_npy(const Atlas& atlas, const std::string& folder) {
  std::vector<std::string> paths;
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    if (!atlas.dissection_info(layer.name)) continue;
    LayerArrays arrays;
    for (const UnitDissection& unit : atlas.units(layer.name, false)) arrays.add(unit, layer.name);
    const auto write = [&](const char* what, const std::string& bytes) {
      paths.push_back(folder + "/" + file_name_from_layer(layer.name) + "." + what + ".npy");
      write_file(paths.back(), bytes);
    };
    write("units", npy_bytes(arrays.units, {arrays.count, 2}));
    write("thresholds", npy_bytes(arrays.thresholds, {arrays.count}));
    write("iou", npy_bytes(arrays.iou, {arrays.count}));
    write("histograms", npy_bytes(arrays.histograms, {arrays.count, arrays.bins}));
    write("histogram_ranges", npy_bytes(arrays.ranges, {arrays.count, 2}));
  }
  return paths;
}

}  // namespace microtome
