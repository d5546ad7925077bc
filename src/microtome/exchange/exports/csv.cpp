// SPDX-License-Identifier: Apache-2.0
// LAYER.csv in NetDissect's columns, LAYER.negative.csv alike for negative units; units.csv: every unit of every
// layer; visualizations.csv: pictures of no single unit, when there are any (docs/tables.md).
#include <algorithm>
#include <sstream>

#include "microtome/base/json.h"
#include "microtome/exchange/csv_writer.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/finding_cells.h"
#include "microtome/exchange/folder_writer.h"
#include "microtome/exchange/netdissect_form.h"
#include "microtome/exchange/unit_rows.h"

namespace microtome::exporters {
namespace {

using Cells = std::vector<Cell>;
// The columns that come first; a picture's may lack the word.
constexpr const char* kUnitColumns =
    "layer,unit,sign,label,display_label,category,iou,ceiling,intersection,activation,truth,images,threshold,minimum,"
    "maximum,on_pixels,on_images,picture_status,picture_activation,best_exemplar,activation_ratio,objective,"
    "picture_score,picture_steps";
constexpr const char* kVisualizationColumns = "objective,variant,status,score,width,height,steps";

// Rows of one kind of cells: the named ones, then, where there is no end of them, all others.
class CellTable {
 public:
  CellTable(const Cells& kind, const std::string& first, bool others) {
    std::vector<bool> named(kind.size());
    std::istringstream names(first);
    for (std::string name; std::getline(names, name, ',');) {
      const auto found = std::ranges::find_if(
          kind, [&](const Cell& cell) { return cell.column == name || cell.column == "picture_" + name; });
      order_.push_back(static_cast<size_t>(found - kind.begin()));
      named.at(order_.back()) = true;
      csv_.add(name);
    }
    for (size_t at = 0; others && at < kind.size(); ++at) {
      if (named[at]) continue;
      order_.push_back(at);
      csv_.add(kind[at].column);
    }
    csv_.row();
  }
  void add(const Cells& row) {
    for (const size_t at : order_) csv_.add(row[at].text);
    csv_.row();
  }
  const std::string& bytes() const { return csv_.bytes(); }

 private:
  std::vector<size_t> order_;
  CsvWriter csv_;
};

Cells unit_cells(const std::string& layer, const SignedUnit& of, UnitRow known, const Vocabulary& vocabulary) {
  UnitDissection* unit = known.dissection ? &*known.dissection : nullptr;
  if (unit && unit->best.label == 0) unit->best.category = -1;  // where nothing overlaps there is no concept
  Cells row = {{"layer", layer}};
  add_cells<UnitDissection>(row, "", unit, vocabulary);
  row[1].text = cell_text(of.unit, vocabulary);
  row[2].text = cell_text(of.sign, vocabulary);
  row.push_back({"display_label", unit && unit->best.label != 0 ? vocabulary.display_name(unit->best.label) : ""});
  row.push_back({"verdict", unit ? std::string(verdict_text(verdict(*unit))) : ""});
  add_cells(row, "picture", known.picture(), vocabulary);
  return row;
}

std::string visualizations_csv(const std::vector<AtlasPicture>& pictures, const Vocabulary& vocabulary) {
  Cells kind;
  add_cells<AtlasPicture>(kind, "", nullptr, vocabulary);
  CellTable table(kind, kVisualizationColumns, false);
  for (const AtlasPicture& picture : pictures) {
    Cells row;
    add_cells(row, "", &picture, vocabulary);
    table.add(row);
  }
  return table.bytes();
}

std::vector<std::string> write_csv(const Atlas& atlas, const std::string& folder, const Json&, Reporter&) {
  const Vocabulary vocabulary(atlas);
  FolderWriter files(folder);
  CellTable all(unit_cells("", {}, {}, vocabulary), kUnitColumns, true);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    std::map<Sign, std::vector<UnitDissection>, std::greater<>> signs;
    for (auto& [of, row] : unit_rows(atlas, layer.name)) {
      all.add(unit_cells(layer.name, of, row, vocabulary));
      if (row.dissection) signs[of.sign].push_back(*row.dissection);
    }
    for (const auto& [sign, units] : signs) {
      files.write(file_name_from_layer(layer.name) + (sign == Sign::kNegative ? ".negative.csv" : ".csv"),
                  netdissect_csv(units, vocabulary));
    }
  }
  files.write("units.csv", all.bytes());
  const std::vector<AtlasPicture> visualizations = atlas.visualizations(Detail::kBrief);
  if (!visualizations.empty()) files.write("visualizations.csv", visualizations_csv(visualizations, vocabulary));
  return files.take_paths();
}

}  // namespace

extern const Exporter csv;
const Exporter csv{"csv", "Folder for tables in NetDissect's columns, one a layer, and units.csv", write_csv};

}  // namespace microtome::exporters
