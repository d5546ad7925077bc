// SPDX-License-Identifier: Apache-2.0
// A comparison as tables, JSON and charts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/compare.h"
#include "microtome/exchange/csv_writer.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/finding_json.h"
#include "microtome/exchange/folder_writer.h"
#include "microtome/image/chart.h"

namespace microtome {
namespace {

Json known(double value) { return std::isnan(value) ? Json() : Json(value); }

Json compared_layer_json(const LayerComparison& layer) {
  Json units = Json::array(), concepts = Json::array();
  for (const UnitChange& unit : layer.units) {
    units.push_back({{"unit", unit.unit},
                     {"sign", std::string(1, sign_char(unit.sign))},
                     {"fate", fate_text(unit.fate)},
                     {"before", unit.before},
                     {"after", unit.after},
                     {"iou_before", unit.iou_before},
                     {"iou_after", unit.iou_after},
                     {"deviation", known(unit.deviation)},
                     {"beyond_noise", unit.beyond_noise ? Json(*unit.beyond_noise) : Json()}});
  }
  for (const ConceptChange& item : layer.concepts) {
    concepts.push_back({{"name", item.name},
                        {"category", item.category},
                        {"units_before", item.units_before},
                        {"units_after", item.units_after},
                        {"best_before", item.best_before},
                        {"best_after", item.best_after}});
  }
  return {{"before", layer.before},
          {"after", layer.after},
          {"count_before", count_json(layer.count_before, layer.categories)},
          {"count_after", count_json(layer.count_after, layer.categories)},
          {"curve_before", value_json(layer.curve_before, {})},
          {"curve_after", value_json(layer.curve_after, {})},
          {"unit_by_unit", layer.unit_by_unit},
          {"units", std::move(units)},
          {"concepts", std::move(concepts)}};
}

std::string pair_name(const LayerComparison& layer) {
  return layer.before == layer.after ? layer.before : fmt::format("{} / {}", layer.before, layer.after);
}

std::string change_text(int before, int after) {
  return before == after ? fmt::format("{}", before) : fmt::format("{} > {}", before, after);
}

std::string counts_table(const AtlasComparison& comparison, int width) {
  TextTable table;
  table.add_column("layer", TextTable::Align::kLeft, true);
  for (const char* heading : {"units", "detectors", "unique", "unique/cat"})
    table.add_column(heading, TextTable::Align::kRight);
  for (const LayerComparison& layer : comparison.layers) {
    const DetectorCount &a = layer.count_before, &b = layer.count_after;
    table.add_row({pair_name(layer), change_text(a.units, b.units), change_text(a.detectors, b.detectors),
                   change_text(a.unique, b.unique), change_text(a.unique_by_category, b.unique_by_category)});
  }
  return table.render(width);
}

std::string categories_table(const LayerComparison& layer, int width) {
  TextTable table;
  table.add_column("category", TextTable::Align::kLeft, true);
  for (const char* heading : {"detectors", "unique"}) table.add_column(heading, TextTable::Align::kRight);
  bool some = false;
  for (size_t i = 0; i < layer.categories.size(); ++i) {
    const DetectorCount::Category &a = layer.count_before.by_category[i], &b = layer.count_after.by_category[i];
    if (a.detectors + b.detectors == 0) continue;
    table.add_row({layer.categories[i], change_text(a.detectors, b.detectors), change_text(a.unique, b.unique)});
    some = true;
  }
  return some ? table.render(width) : std::string();
}

std::string fates_line(const LayerComparison& layer) {
  struct Count {
    int all = 0, sure = 0;
  };
  std::map<UnitFate, Count> fates;
  bool known = false;
  for (const UnitChange& unit : layer.units) {
    Count& count = fates[unit.fate];
    ++count.all;
    count.sure += unit.beyond_noise.value_or(false);
    known = known || unit.beyond_noise;
  }
  std::string text;
  for (const auto& [fate, count] : fates) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.all, fate_text(fate));
    if (known && count.sure > 0) text += fmt::format(" ({} beyond noise)", count.sure);
  }
  return fmt::format("{}, unit by unit: {}{}\n", pair_name(layer), text,
                     known ? "" : "; the noise is not known (dissect with bootstrap)");
}

std::string units_table(const LayerComparison& layer, int rows, int width) {
  std::vector<UnitChange> units = layer.units;
  std::erase_if(units, [](const UnitChange& unit) {
    return unit.fate == UnitFate::kNeither || !unit.beyond_noise.value_or(unit.iou_before != unit.iou_after);
  });
  std::stable_sort(units.begin(), units.end(), [](const UnitChange& a, const UnitChange& b) {
    return std::abs(a.iou_after - a.iou_before) > std::abs(b.iou_after - b.iou_before);
  });
  units.resize(std::min(units.size(), static_cast<size_t>(rows)));
  if (units.empty()) return {};
  TextTable table;
  table.add_column("unit", TextTable::Align::kRight);
  table.add_column("fate", TextTable::Align::kLeft);
  for (const char* heading : {"was", "is"}) table.add_column(heading, TextTable::Align::kLeft, true);
  for (const char* heading : {"IoU was", "is", "noise"}) table.add_column(heading, TextTable::Align::kRight);
  for (const UnitChange& unit : units) {
    table.add_row({fmt::format("{}{}", unit.unit, unit.sign == Sign::kNegative ? "-" : ""),
                   std::string(fate_text(unit.fate)), unit.before, unit.after, fmt::format("{:.3f}", unit.iou_before),
                   fmt::format("{:.3f}", unit.iou_after),
                   unit.beyond_noise ? fmt::format("±{:.3f}", kNormalTail * unit.deviation) : "-"});
  }
  return table.render(width);
}

std::string concepts_table(const LayerComparison& layer, int rows, int width) {
  std::vector<ConceptChange> concepts = layer.concepts;
  std::stable_sort(concepts.begin(), concepts.end(), [](const ConceptChange& a, const ConceptChange& b) {
    return std::max(a.units_before, a.units_after) > std::max(b.units_before, b.units_after);
  });
  concepts.resize(std::min(concepts.size(), static_cast<size_t>(rows)));
  if (concepts.empty()) return {};
  TextTable table;
  table.add_column("concept", TextTable::Align::kLeft, true);
  table.add_column("category", TextTable::Align::kLeft);
  for (const char* heading : {"units were", "are", "best IoU was", "is"})
    table.add_column(heading, TextTable::Align::kRight);
  for (const ConceptChange& item : concepts) {
    table.add_row({item.name, item.category, fmt::format("{}", item.units_before), fmt::format("{}", item.units_after),
                   fmt::format("{:.3f}", item.best_before), fmt::format("{:.3f}", item.best_after)});
  }
  return table.render(width);
}

std::string stem_of(const AtlasComparison& comparison, size_t at) {
  const LayerComparison& layer = comparison.layers[at];
  std::string before = file_name_from_layer(layer.before), after = file_name_from_layer(layer.after);
  if (before == after) return before;
  // Longer ones are no file names.
  return before.size() + after.size() < 200 ? fmt::format("{}--{}", before, after) : fmt::format("pair{}", at + 1);
}

ChartSeries series_of(const std::string& name, const std::vector<DetectorCurvePoint>& curve) {
  ChartSeries out{name, {}};
  for (const DetectorCurvePoint& point : curve) out.points.push_back({point.cut, 1.0 * point.detectors, 0});
  return out;
}

// Rows of tables of pairs of layers; every row begins with the two names.
void add_counts(const LayerComparison& layer, CsvWriter& csv) {
  const DetectorCount &a = layer.count_before, &b = layer.count_after;
  csv.row(layer.before, layer.after, "all", a.detectors, b.detectors, a.unique, b.unique, a.unique_by_category,
          b.unique_by_category, a.units, b.units);
  for (size_t i = 0; i < layer.categories.size(); ++i) {
    const DetectorCount::Category &was = a.by_category[i], &is = b.by_category[i];
    csv.row(layer.before, layer.after, layer.categories[i], was.detectors, is.detectors, was.unique, is.unique, "", "",
            "", "");
  }
}

void add_concepts(const LayerComparison& layer, CsvWriter& csv) {
  for (const ConceptChange& item : layer.concepts) {
    csv.row(layer.before, layer.after, item.category, item.name, item.units_before, item.units_after, item.best_before,
            item.best_after);
  }
}

void add_units(const LayerComparison& layer, CsvWriter& csv) {
  for (const UnitChange& unit : layer.units) {
    csv.row(layer.before, layer.after, unit.unit, std::string(1, sign_char(unit.sign)), fate_text(unit.fate),
            unit.before, unit.after, unit.iou_before, unit.iou_after, unit.deviation,
            unit.beyond_noise ? (*unit.beyond_noise ? "1" : "0") : "");
  }
}

void add_curves(const LayerComparison& layer, CsvWriter& csv) {
  for (size_t i = 0; i < layer.curve_before.size(); ++i) {
    const DetectorCurvePoint &a = layer.curve_before[i], &b = layer.curve_after[i];
    csv.row(layer.before, layer.after, fmt::format("{:.2f}", a.cut), a.detectors, b.detectors, a.unique, b.unique);
  }
}

}  // namespace

Json to_json(const AtlasComparison& comparison) {
  Json layers = Json::array();
  for (const LayerComparison& layer : comparison.layers) layers.push_back(compared_layer_json(layer));
  return {{"before", comparison.before},
          {"after", comparison.after},
          {"same_concepts", comparison.same_concepts},
          {"warnings", comparison.warnings},
          {"layers", std::move(layers)}};
}

std::vector<std::string> write_comparison_csv(const AtlasComparison& comparison, const std::string& folder) {
  struct Table {
    const char* file;
    const char* columns;
    void (*add)(const LayerComparison& layer, CsvWriter& csv);
  };
  constexpr Table kTables[] = {
      {"layers.csv",
       "category,detectors_before,detectors_after,unique_before,unique_after,unique_by_category_before,"
       "unique_by_category_after,units_before,units_after",
       add_counts},
      {"concepts.csv", "category,concept,units_before,units_after,best_iou_before,best_iou_after", add_concepts},
      {"units.csv", "unit,sign,fate,label_before,label_after,iou_before,iou_after,deviation,beyond_noise", add_units},
      {"curves.csv", "cut,detectors_before,detectors_after,unique_before,unique_after", add_curves}};
  FolderWriter files(folder);
  for (const Table& table : kTables) {
    CsvWriter csv;
    for (const LayerComparison& layer : comparison.layers) table.add(layer, csv);
    files.write(table.file, fmt::format("layer_before,layer_after,{}\n{}", table.columns, csv.bytes()));
  }
  return files.take_paths();
}

std::vector<std::string> write_comparison_charts(const AtlasComparison& comparison, const std::string& folder) {
  FolderWriter files(folder);
  const bool told_apart = comparison.before != comparison.after;
  const std::string before = told_apart ? comparison.before : "before", after = told_apart ? comparison.after : "after";
  for (size_t at = 0; at < comparison.layers.size(); ++at) {
    const LayerComparison& layer = comparison.layers[at];
    std::vector<ChartBar> bars;
    for (const ConceptChange& item : layer.concepts) {
      bars.push_back({item.name, item.category, 1.0 * item.units_before, 1.0 * item.units_after});
    }
    const std::string stem = stem_of(comparison, at);
    files.write(stem + ".concepts.svg", bar_graph(bars, before, after));
    files.write(stem + ".curve.svg",
                line_chart(pair_name(layer) + ": detectors over cut-offs", "IoU cut", "detectors",
                           {series_of(before, layer.curve_before), series_of(after, layer.curve_after)}));
  }
  return files.take_paths();
}

std::string comparison_tables(const AtlasComparison& comparison, int rows, int width) {
  std::string out = fmt::format("{} > {}\n\n{}", comparison.before, comparison.after, counts_table(comparison, width));
  for (const LayerComparison& layer : comparison.layers) {
    const std::string categories = categories_table(layer, width), concepts = concepts_table(layer, rows, width);
    if (!categories.empty()) out += fmt::format("\n{}, by category:\n{}", pair_name(layer), categories);
    if (layer.unit_by_unit) out += fmt::format("\n{}{}", fates_line(layer), units_table(layer, rows, width));
    if (!concepts.empty()) out += fmt::format("\n{}, concepts with most units:\n{}", pair_name(layer), concepts);
  }
  return out;
}

}  // namespace microtome
