// SPDX-License-Identifier: Apache-2.0
// An atlas as csv tables.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "microtome/base/file.h"
#include "microtome/exchange/csv_writer.h"
#include "microtome/exchange/export.h"
#include "microtome/exchange/export_parts.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {
namespace {

bool by_falling_score(const UnitDissection& a, const UnitDissection& b) {
  return a.best.iou != b.best.iou ? a.best.iou > b.best.iou : a.unit < b.unit;
}

}  // namespace

std::string netdissect_csv(std::vector<UnitDissection> units, const Vocabulary& vocabulary) {
  CsvWriter csv;
  for (const std::string& category : vocabulary.categories()) {
    for (const char* column : {"-label", "-truth", "-activation", "-intersect", "-iou"}) csv.text(category + column);
  }
  csv.text("unit").text("category").text("label").text("score").end_row();
  std::ranges::sort(units, by_falling_score);
  for (const UnitDissection& unit : units) {
    for (size_t category = 0; category < vocabulary.categories().size(); ++category) {
      const ConceptScore s = category < unit.by_category.size() ? unit.by_category[category] : ConceptScore{};
      csv.text(s.label != 0 ? vocabulary.name(s.label) : "").number(s.truth).number(s.activation);
      csv.number(s.intersection).number(s.iou);
    }
    const ConceptScore& best = unit.best;
    csv.number(unit.unit + 1);
    csv.text(best.label != 0 ? vocabulary.category(best.category) : "");
    csv.text(best.label != 0 ? vocabulary.name(best.label) : "").number(best.iou).end_row();
  }
  return csv.bytes();
}

namespace {

struct UnitRow {
  std::optional<UnitDissection> dissection;
  std::optional<AtlasPicture> picture;  // The first variant.
};

std::string steps_text(const AtlasPicture& picture) {
  return picture.facts.contains("steps") ? picture.facts["steps"].dump() : "";
}

void append_units(const Atlas& atlas, const AtlasLayer& layer, const std::vector<UnitDissection>& units,
                  const Vocabulary& vocabulary, CsvWriter& csv) {
  std::map<std::pair<int, int>, UnitRow> rows;  // By unit, + before -.
  for (const UnitDissection& unit : units) rows[{unit.unit, -static_cast<int>(unit.sign)}].dissection = unit;
  for (AtlasPicture& picture : atlas.pictures(layer.name, -1, false)) {
    auto& place = rows[{picture.unit, -static_cast<int>(picture.sign)}].picture;
    if (!place) place = std::move(picture);
  }
  for (const auto& [place, row] : rows) {
    csv.text(layer.name).number(place.first).text(place.second < 0 ? "+" : "-");
    if (row.dissection) {
      const UnitDissection& unit = *row.dissection;
      const ConceptScore& best = unit.best;
      csv.text(best.label != 0 ? vocabulary.name(best.label) : "");
      csv.text(best.label != 0 ? vocabulary.display_name(best.label) : "");
      csv.text(best.label != 0 ? vocabulary.category(best.category) : "");
      csv.number(best.iou).number(best.ceiling).number(best.intersection).number(best.activation).number(best.truth);
      csv.number(best.images).number(unit.threshold).number(unit.minimum).number(unit.maximum);
      csv.number(unit.on_pixels).number(unit.on_images);
    } else {
      for (int column = 0; column < 14; ++column) csv.text("");
    }
    if (row.picture) {
      const AtlasPicture& p = *row.picture;
      csv.text(p.status).number(p.activation).number(p.best_exemplar).number(p.activation_ratio).text(p.objective);
      csv.number(p.score).text(steps_text(p));
    } else {
      for (int column = 0; column < 7; ++column) csv.text("");
    }
    csv.end_row();
  }
}

std::string visualizations_csv(const std::vector<AtlasPicture>& pictures) {
  CsvWriter csv;
  for (const char* column : {"objective", "variant", "status", "score", "width", "height", "steps"}) csv.text(column);
  csv.end_row();
  for (const AtlasPicture& p : pictures) {
    csv.text(p.objective).number(p.variant).text(p.status).number(p.score);
    csv.number(p.width).number(p.height).text(steps_text(p)).end_row();
  }
  return csv.bytes();
}

}  // namespace

std::vector<std::string> export_csv(const Atlas& atlas, const std::string& folder) {
  const Vocabulary vocabulary(atlas);
  std::vector<std::string> paths;
  const auto write = [&](const std::string& name, const std::string& bytes) {
    paths.push_back(folder + "/" + name);
    write_file(paths.back(), bytes);
  };
  CsvWriter all;
  for (const char* column : {"layer",
                             "unit",
                             "sign",
                             "label",
                             "display_label",
                             "category",
                             "iou",
                             "ceiling",
                             "intersection",
                             "activation",
                             "truth",
                             "images",
                             "threshold",
                             "minimum",
                             "maximum",
                             "on_pixels",
                             "on_images",
                             "picture_status",
                             "picture_activation",
                             "best_exemplar",
                             "activation_ratio",
                             "objective",
                             "picture_score",
                             "picture_steps"}) {
    all.text(column);
  }
  all.end_row();
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const std::vector<UnitDissection> units = atlas.units(layer.name, true);
    append_units(atlas, layer, units, vocabulary, all);
    std::map<Sign, std::vector<UnitDissection>> signs;
    for (const UnitDissection& unit : units) signs[unit.sign].push_back(unit);
    for (auto& [sign, chosen] : signs) {
      write(file_name_from_layer(layer.name) + (sign == Sign::kNegative ? ".negative.csv" : ".csv"),
            netdissect_csv(std::move(chosen), vocabulary));
    }
  }
  write("units.csv", all.bytes());
  const std::vector<AtlasPicture> visualizations = atlas.visualizations(false);
  if (!visualizations.empty()) write("visualizations.csv", visualizations_csv(visualizations));
  return paths;
}

}  // namespace microtome
