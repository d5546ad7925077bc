// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "microtome/base/error.h"
#include "microtome/base/text_table.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/netdissect_form.h"
#include "microtome/exchange/unit_rows.h"

namespace microtome {
namespace {

std::string ratio_text(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "-"; }

std::string no_detectors_text(const Atlas& atlas, const std::vector<AtlasLayer>& layers) {
  const auto dissected = [&](const AtlasLayer& layer) { return atlas.dissection_info(layer.name).has_value(); };
  if (std::ranges::none_of(layers, dissected)) return "nothing is dissected: microtome dissect finds labels\n";
  const auto concepts = atlas.concepts();
  if (concepts && concepts->concepts.size() <= 1) return "the concept set has no labels, so that no unit has one\n";
  return fmt::format("no unit reaches an IoU of {}\n", kDetectorCut);
}

}  // namespace

std::string layers_table(const Atlas& atlas, int width) {
  const Vocabulary vocabulary(atlas);
  TextTable table;
  table.add_column("layer", TextTable::Align::kLeft, true);
  for (const char* heading : {"units", "detectors", "unique", "unique/cat"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  table.add_column("detectors by category", TextTable::Align::kLeft, true);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const std::vector<UnitDissection> dissected = atlas.units(layer.name, Detail::kBrief);
    if (dissected.empty()) {
      table.add_row({layer.name, fmt::format("0 of {}", layer.units), "-", "-", "-", "not dissected"});
      continue;
    }
    std::set<int64_t> units;
    for (const UnitDissection& unit : dissected) units.insert(unit.unit);
    const DetectorCount count = count_of_sign(dissected, Sign::kPositive, vocabulary);
    std::vector<std::string> categories;
    for (size_t at = 0; at < count.by_category.size(); ++at) {
      const int detectors = count.by_category[at].detectors;
      if (detectors > 0) categories.push_back(fmt::format("{} {}", vocabulary.categories()[at], detectors));
    }
    const bool whole = std::ssize(units) == layer.units;
    const std::string held = whole ? std::to_string(layer.units) : fmt::format("{} of {}", units.size(), layer.units);
    table.add_row({layer.name, held, std::to_string(count.detectors), std::to_string(count.unique),
                   std::to_string(count.unique_by_category), fmt::format("{}", fmt::join(categories, ", "))});
  }
  return table.render(width);
}

std::string detectors_table(const Atlas& atlas, const std::string& layer, int rows, int width) {
  const Vocabulary vocabulary(atlas);
  struct Found {
    size_t place;  // of the layer
    SignedUnit of;
    UnitRow row;
    const ConceptScore& best() const { return row.dissection->best; }
  };
  std::vector<Found> found;
  const std::vector<AtlasLayer> layers = chosen_layers(atlas, layer);
  for (size_t place = 0; place < layers.size(); ++place) {
    for (auto& [of, row] : unit_rows(atlas, layers[place].name)) {
      if (row.dissection && is_detector(*row.dissection)) found.push_back({place, of, std::move(row)});
    }
  }
  if (found.empty()) return no_detectors_text(atlas, layers);
  std::ranges::sort(found, {}, [](const Found& f) { return std::tuple(-f.best().iou, f.place, f.of); });
  found.resize(std::min(found.size(), static_cast<size_t>(std::max(rows, 0))));
  TextTable table;
  table.add_column("layer", TextTable::Align::kLeft, true);
  table.add_column("unit", TextTable::Align::kRight);
  table.add_column("label", TextTable::Align::kLeft, true);
  table.add_column("category", TextTable::Align::kLeft, true);
  for (const char* heading : {"IoU", "ceiling", "ratio"}) table.add_column(heading, TextTable::Align::kRight);
  for (const Found& f : found) {
    const ConceptScore& best = f.best();
    const AtlasPicture* picture = f.row.picture();
    table.add_row({layers[f.place].name, fmt::format("{}{}", f.of.unit, sign_char(f.of.sign)),
                   vocabulary.display_name(best.label), vocabulary.category(best.category),
                   fmt::format("{:.3f}", best.iou),
                   std::isnan(best.ceiling) ? "-" : fmt::format("{:.3f}", best.ceiling),
                   ratio_text(picture ? picture->activation_ratio : std::nullopt)});
  }
  return table.render(width);
}

std::string selfcheck_table(const Atlas& atlas, const std::string& layer, int width) {
  std::vector<UnitDissection> units;
  for (const AtlasLayer& chosen : chosen_layers(atlas, layer)) {
    for (UnitDissection& unit : atlas.units(chosen.name, Detail::kBrief)) units.push_back(std::move(unit));
  }
  const std::vector<ScoreCheck> checks = check_scores(units);
  if (checks.empty()) return {};
  TextTable table;
  table.add_column("score", TextTable::Align::kLeft, true);
  for (const char* heading : {"detectors", "falls if missing", "falls if added"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  table.add_column("sound", TextTable::Align::kLeft);
  for (const ScoreCheck& check : checks) {
    table.add_row({check.score, std::to_string(check.pairs), fmt::format("{:.0f} %", 100 * check.missing),
                   fmt::format("{:.0f} %", 100 * check.extra), check.passes ? "yes" : "no"});
  }
  return table.render(width);
}

std::string visualizations_table(const Atlas& atlas, int width) {
  const std::vector<AtlasPicture> pictures = atlas.visualizations(Detail::kBrief);
  if (pictures.empty()) return "";
  TextTable table;
  table.add_column("visualization", TextTable::Align::kLeft, true);
  table.add_column("variant", TextTable::Align::kRight);
  table.add_column("score", TextTable::Align::kRight);
  table.add_column("status", TextTable::Align::kLeft, true);
  for (const AtlasPicture& picture : pictures) {
    table.add_row({picture.objective, std::to_string(picture.variant),
                   std::isfinite(picture.score) ? fmt::format("{:.4g}", picture.score) : "-", picture.status});
  }
  return table.render(width);
}

}  // namespace microtome
