// SPDX-License-Identifier: Apache-2.0
// For each dissected layer LAYER.units.npy (int64 [n, 2]: unit, sign), .thresholds.npy, .iou.npy and one of the name of
// each further measure of the best concept (float32 [n]), .histograms.npy (int64 [n, bins]) and .histogram_ranges.npy
// (float32 [n, 2]: low, high).
#include <map>

#include "microtome/base/error.h"
#include "microtome/base/json_fwd.h"
#include "microtome/base/npy.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/folder_writer.h"

namespace microtome::exporters {
namespace {

struct LayerArrays {
  std::vector<int64_t> units, histograms;
  std::map<std::string, std::vector<float>> numbers;  // one a unit
  std::vector<float> ranges;
  int64_t count = 0, bins = 0;

  void add(const UnitDissection& unit, const std::string& layer) {
    const auto width = static_cast<int64_t>(unit.histogram.counts.size());
    if (count > 0 && width != bins) {
      throw Error(ErrorKind::kUnsupported, layer, "its histograms differ in their number of bins; an array needs one");
    }
    bins = width;
    ++count;
    units.insert(units.end(), {unit.unit, static_cast<int64_t>(unit.sign)});
    numbers["thresholds"].push_back(unit.threshold);
    numbers["iou"].push_back(static_cast<float>(unit.best.iou));
    ConceptMeasures::fields(unit.best.measures, [&](const Field& field, double value) {
      numbers[std::string(field.name)].push_back(static_cast<float>(value));
    });
    histograms.insert(histograms.end(), unit.histogram.counts.begin(), unit.histogram.counts.end());
    ranges.insert(ranges.end(), {unit.histogram.low, unit.histogram.high});
  }
};

std::vector<std::string> write_npy(const Atlas& atlas, const std::string& folder, const Json&, Reporter&) {
  FolderWriter files(folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    if (!atlas.dissection_info(layer.name)) continue;
    LayerArrays arrays;
    for (const UnitDissection& unit : atlas.units(layer.name, Detail::kFull)) arrays.add(unit, layer.name);
    const auto write = [&](const std::string& what, const auto& values, const std::vector<int64_t>& shape) {
      files.write(file_name_from_layer(layer.name) + "." + what + ".npy", npy_bytes(values, shape));
    };
    write("units", arrays.units, {arrays.count, 2});
    for (const auto& [name, values] : arrays.numbers) write(name, values, {arrays.count});
    write("histograms", arrays.histograms, {arrays.count, arrays.bins});
    write("histogram_ranges", arrays.ranges, {arrays.count, 2});
  }
  return files.take_paths();
}

}  // namespace

extern const Exporter npy;
const Exporter npy{"npy", "Folder for thresholds, IoU, further measures and histograms as NumPy arrays", write_npy};

}  // namespace microtome::exporters
