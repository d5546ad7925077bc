// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/data_files.h"

#include <algorithm>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/exemplar_view.h"
#include "microtome/exchange/finding_json.h"
#include "microtome/exchange/unit_rows.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

constexpr size_t kStrip = 8;  // pictures that stand for a layer on the network's page

// The image that excites a unit most, for units without a picture.
Json thumb_of(const Atlas& atlas, const UnitRow& row) {
  if (row.picture() || !row.dissection || row.dissection->top.empty()) return nullptr;
  const std::optional<Atlas::Thumbnail> thumbnail = atlas.thumbnail(row.dissection->top.front().image);
  return thumbnail ? Json(thumbnail_path(*thumbnail)) : Json(nullptr);
}

// A line of a table: a unit and a concept that it answers to, if any.
Json line_json(const Atlas& atlas, const SignedUnit& of, const UnitRow& row, const ConceptScore* score) {
  return {{"unit", of.unit},
          {"sign", static_cast<int>(of.sign)},
          {"label", score ? score->label : 0},
          {"category", score ? score->category : -1},
          {"iou", score ? rounded(score->iou) : Json(nullptr)},
          {"ceiling", score ? rounded(score->ceiling) : Json(nullptr)},
          {"variant", row.picture() ? row.picture()->variant : -1},
          {"thumb", thumb_of(atlas, row)}};
}

const ConceptScore* best_of(const UnitRow& row) { return row.dissection ? &row.dissection->best : nullptr; }

Json columns(std::initializer_list<const char*> names) {
  Json table = Json::object();
  for (const char* name : names) table[name] = Json::array();
  return table;
}

// Each value goes under its column.
void add_line(Json& table, const Json& line) {
  for (const auto& [name, value] : line.items()) table[name].push_back(value);
}

Json score_json(const ConceptScore& score) {
  return finding_json(score, {.rounded = true},
                      {"label", "category", "intersection", "activation", "truth", "images", "iou", "ceiling"});
}

Json scores_json(const std::vector<ConceptScore>& scores) {
  Json out = Json::array();
  for (const ConceptScore& score : scores) out.push_back(score_json(score));
  return out;
}

Json exemplars_json(const PageContext& context, const AtlasLayer& layer, const UnitDissection& unit,
                    ExemplarList list) {
  Json out = Json::array();
  for (const Exemplar& exemplar : exemplars_of(unit, list)) {
    const std::optional<Atlas::Thumbnail> thumbnail = context.atlas.thumbnail(exemplar.image);
    const auto window = seen_window(layer, context.network().input, exemplar, unit.sign, list);
    const PackedMap map = pack_map(exemplar.map);
    out.push_back({{"image", exemplar.image},
                   {"file", thumbnail ? thumbnail->file : ""},
                   {"src", thumbnail ? thumbnail_path(*thumbnail) : ""},
                   {"activation", number_json(exemplar.activation)},
                   {"width", exemplar.width},
                   {"height", exemplar.height},
                   {"low", number_json(map.low)},
                   {"high", number_json(map.high)},
                   {"map", map.base64},
                   {"seen", window ? Json({rounded(window->x), rounded(window->y), rounded(window->width),
                                           rounded(window->height)})
                                   : Json(nullptr)}});
  }
  return out;
}

Json dissection_json(const PageContext& context, const AtlasLayer& layer, const UnitDissection& unit) {
  Json out = finding_json(unit, {}, {"threshold", "minimum", "maximum", "on_pixels", "on_images", "histogram"});
  out["at_threshold"] = is_on_at_threshold(unit);
  out["best"] = score_json(unit.best);
  out["by_category"] = scores_json(unit.by_category);
  out["top_concepts"] = scores_json(unit.top_concepts);
  out["top"] = exemplars_json(context, layer, unit, ExemplarList::kTop);
  out["bottom"] = exemplars_json(context, layer, unit, ExemplarList::kBottom);
  out["typical"] = exemplars_json(context, layer, unit, ExemplarList::kTypical);
  out["statistics"] = statistics_json(unit, {.names = &context.vocabulary()});
  return out;
}

// Of the positive units, or of the negative ones where only those were dissected. Null when none were.
Json counts_json(const UnitRows& rows, int categories) {
  for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
    std::vector<UnitDissection> units;
    for (const auto& [of, row] : rows) {
      if (of.sign == sign && row.dissection) units.push_back(*row.dissection);
    }
    if (!units.empty()) return finding_json(count_detectors(units, categories));
  }
  return nullptr;
}

// The units that stand for a layer: the best of each concept first, then the best of the rest.
Json strip_json(const Atlas& atlas, const UnitRows& rows) {
  std::vector<const UnitRows::value_type*> order;
  for (const auto& row : rows) order.push_back(&row);
  const auto iou = [](const auto* row) { return row->second.dissection ? row->second.dissection->best.iou : -1.0; };
  std::ranges::stable_sort(order, [&](const auto* a, const auto* b) { return iou(a) > iou(b); });
  std::set<int> seen;
  std::stable_partition(order.begin(), order.end(), [&](const auto* row) {
    return iou(row) >= kDetectorCut && seen.insert(row->second.dissection->best.label).second;
  });
  Json strip = Json::array();
  for (size_t i = 0; i < std::min(kStrip, order.size()); ++i) {
    const auto& [of, row] = *order[i];
    strip.push_back(line_json(atlas, of, row, best_of(row)));
  }
  return strip;
}

// How the masks of a layer were made of its maps; centres are pixels of the network's input.
Json mask_json(const PageContext& context, const AtlasLayer& layer, const LayerDissection& dissection) {
  const MaskPlacing placing = mask_placing(context.atlas, layer, context.network().input);
  Json mask = {{"upsampling", placing.by_field() ? "field" : upsampling_text(placing.way)}, {"strict", true}};
  if (!placing.by_field()) return mask;
  const auto centres = [&](int cells, const FieldAxis& field) -> Json {
    const Centres found = field_centres(cells, static_cast<int>(field.input), field);
    return {{"first", found.first}, {"distance", found.distance}};
  };
  mask["grid"] = {placing.across.input, placing.down.input};
  mask["across"] = centres(dissection.map_width, placing.across);
  mask["down"] = centres(dissection.map_height, placing.down);
  return mask;
}

Json study_json(const PageContext& context, const AtlasLayer& layer, int categories) {
  const UnitRows rows = unit_rows(context.atlas, layer.name);
  Json dissection = nullptr;
  if (const auto info = context.atlas.dissection_info(layer.name)) {
    dissection = finding_json<LayerDissection>(*info);
    dissection["mask"] = mask_json(context, layer, *info);
  }
  const auto pictures = std::ranges::count_if(rows, [](const auto& row) { return row.second.picture() != nullptr; });
  return {{"dissection", std::move(dissection)},
          {"counts", counts_json(rows, categories)},
          {"pictures", pictures},
          {"strip", strip_json(context.atlas, rows)}};
}

Json concepts_json(const AtlasConcepts& concepts) {
  Json categories = Json::array();
  for (const Concept& entry : concepts.concepts) categories.push_back(entry.category);
  return {{"hash", concepts.hash},
          {"images", concepts.images},
          {"categories", concepts.categories},
          {"names", concepts.display_names},
          {"label_category", std::move(categories)}};
}

}  // namespace

Json atlas_data(const PageContext& context, const Numbers&) {
  const Atlas& atlas = context.atlas;
  Json out = {
      {"version", MICROTOME_VERSION}, {"detector_cut", kDetectorCut}, {"network", nullptr}, {"concepts", nullptr}};
  if (const auto network = atlas.network()) {
    out["network"] = finding_json(*network, {}, {"name", "hash", "format", "input", "classes"});
  }
  int categories = 0;
  if (const auto concepts = atlas.concepts()) {
    categories = static_cast<int>(concepts->categories.size());
    out["concepts"] = concepts_json(*concepts);
  }
  std::set<int64_t> studied;
  for (const AtlasLayer& layer : context.studied_layers()) studied.insert(layer.id);
  Json& layers = out["layers"] = Json::array();
  for (const AtlasLayer& layer : atlas.layers()) {
    Json& one = layers.emplace_back(Json{{"id", layer.id}});
    one.update(finding_json(layer, {.rounded = true},
                            {"name", "aliases", "op", "shape", "units", "receptive_field", "macs_share"}));
    if (!layer.receptive_field.contains("size")) one["receptive_field"] = nullptr;
    one["study"] = studied.contains(layer.id) ? study_json(context, layer, categories) : Json(nullptr);
  }
  out["visualizations"] = visualizations_strip(context);
  Json& runs = out["runs"] = Json::array();
  for (const Provenance& run : atlas.runs()) runs.push_back(context.shown(finding_json(run)));
  return out;
}

Json layer_data(const PageContext& context, const Numbers& numbers) {
  const AtlasLayer& layer = context.studied_layer(numbers[0]);
  Json by_category = Json::array();
  for (size_t i = 0; i < context.vocabulary().categories().size(); ++i) {
    by_category.push_back(columns({"label", "iou", "ceiling"}));
  }
  Json table = columns({"unit", "sign", "label", "category", "iou", "ceiling", "threshold", "maximum", "variant",
                        "thumb", "ratio", "status"});
  for (const auto& [of, row] : unit_rows(context.atlas, layer.name)) {
    const auto& dissection = row.dissection;
    Json line = line_json(context.atlas, of, row, best_of(row));
    line["threshold"] = dissection ? number_json(dissection->threshold) : Json(nullptr);
    line["maximum"] = dissection ? number_json(dissection->maximum) : Json(nullptr);
    const AtlasPicture* drawn = row.picture();
    line["ratio"] = drawn && drawn->activation_ratio ? rounded(*drawn->activation_ratio) : Json(nullptr);
    line["status"] = drawn ? drawn->status : "";
    add_line(table, line);
    for (size_t i = 0; i < by_category.size(); ++i) {
      const bool known = dissection && i < dissection->by_category.size();
      add_line(by_category[i], finding_json(known ? dissection->by_category[i] : ConceptScore{}, {.rounded = true},
                                            {"label", "iou", "ceiling"}));
    }
  }
  table["by_category"] = std::move(by_category);
  return table;
}

Json concept_data(const PageContext& context, const Numbers&) {
  Json table = columns({"layer", "unit", "sign", "label", "category", "iou", "ceiling", "variant", "thumb"});
  for (const AtlasLayer& layer : context.studied_layers()) {
    for (const auto& [of, row] : unit_rows(context.atlas, layer.name)) {
      if (!row.dissection) continue;
      Json line = line_json(context.atlas, of, row, nullptr);
      line["layer"] = layer.id;
      std::set<int> seen;
      const auto add = [&](const ConceptScore& score) {
        if (score.label == 0 || score.iou <= 0 || !seen.insert(score.label).second) return;
        line.update(finding_json(score, {.rounded = true}, {"label", "category", "iou", "ceiling"}));
        add_line(table, line);
      };
      add(row.dissection->best);
      std::ranges::for_each(row.dissection->top_concepts, add);
      std::ranges::for_each(row.dissection->by_category, add);
    }
  }
  return table;
}

Json unit_data(const PageContext& context, const Numbers& numbers) {
  const AtlasLayer& layer = context.studied_layer(numbers[0]);
  const int64_t unit = numbers[1];
  Json dissections = Json::array(), pictures = Json::array();
  for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
    if (const auto found = context.atlas.unit(layer.name, unit, sign)) {
      dissections.push_back(
          {{"sign", static_cast<int>(sign)}, {"dissection", dissection_json(context, layer, *found)}});
    }
  }
  FirstObjectives firsts;
  std::set<int64_t> shown;
  for (const AtlasPicture& picture : context.atlas.pictures(layer.name, unit, Detail::kFull)) {
    pictures.push_back(picture_data(context, picture));
    pictures.back()["src"] = picture_path(layer.id, picture, firsts.hold(picture));
    shown.insert(picture.id);
  }
  for (const AtlasPicture& picture : context.atlas.pictures_of_runs(layer.name, unit, Detail::kFull)) {
    if (shown.contains(picture.id)) continue;
    pictures.push_back(picture_data(context, picture));
    pictures.back()["src"] = picture_path(layer.id, picture, false);
    pictures.back()["settings"] = context.settings_of(picture.run);
  }
  if (dissections.empty() && pictures.empty()) {
    throw Error(ErrorKind::kNotFound, layer.name, "nothing is known of unit " + std::to_string(unit));
  }
  return {
      {"layer", layer.id}, {"unit", unit}, {"dissections", std::move(dissections)}, {"pictures", std::move(pictures)}};
}

std::string thumbnail_path(const Atlas::Thumbnail& thumbnail) {
  static const std::map<std::string_view, const char*> suffixes = {
      {"image/png", "png"}, {"image/jpeg", "jpg"}, {"image/webp", "webp"}};
  const auto suffix = suffixes.find(media_type(thumbnail.bytes));
  if (suffix == suffixes.end()) {
    throw Error(ErrorKind::kCorrupt, "image " + std::to_string(thumbnail.image),
                "is stored in the atlas as no known picture format");
  }
  return "images/thumb-" + std::to_string(thumbnail.image) + "." + suffix->second;
}

}  // namespace microtome
