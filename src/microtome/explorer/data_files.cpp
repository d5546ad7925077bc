// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/data_files.h"

#include <algorithm>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/exemplar_view.h"
#include "microtome/exchange/finding_json.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

constexpr size_t kStrip = 8;  // pictures that stand for a layer on the network's page

Json ratio_of(const UnitRow& row) {
  if (!row.picture || !row.picture->activation_ratio) return nullptr;
  return rounded(*row.picture->activation_ratio);
}

Json variant_of(const UnitRow& row) { return row.picture ? row.picture->variant : -1; }

// The image that excites a unit most, for units without a picture.
Json thumb_of(const Atlas& atlas, const UnitRow& row) {
  if (row.picture || !row.dissection || row.dissection->top.empty()) return nullptr;
  const std::optional<Atlas::Thumbnail> thumbnail = atlas.thumbnail(row.dissection->top.front().image);
  return thumbnail ? Json(thumbnail_path(*thumbnail)) : Json(nullptr);
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

// What draws exemplars: their images and what is known of the layer.
struct Place {
  const Atlas& atlas;
  const AtlasLayer& layer;
  Json input;  // of the network
  Vocabulary vocabulary;
};

Json exemplars_json(const Place& place, const UnitDissection& unit, ExemplarList list) {
  Json out = Json::array();
  for (const Exemplar& exemplar : exemplars_of(unit, list)) {
    const std::optional<Atlas::Thumbnail> thumbnail = place.atlas.thumbnail(exemplar.image);
    const auto window = seen_window(place.layer, place.input, exemplar, unit.sign, list);
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

Json dissection_json(const Place& place, const UnitDissection& unit) {
  return {{"threshold", number_json(unit.threshold)},
          {"minimum", number_json(unit.minimum)},
          {"maximum", number_json(unit.maximum)},
          {"on_pixels", unit.on_pixels},
          {"on_images", unit.on_images},
          {"best", score_json(unit.best)},
          {"by_category", scores_json(unit.by_category)},
          {"top_concepts", scores_json(unit.top_concepts)},
          {"histogram", finding_json(unit.histogram)},
          {"top", exemplars_json(place, unit, ExemplarList::kTop)},
          {"bottom", exemplars_json(place, unit, ExemplarList::kBottom)},
          {"typical", exemplars_json(place, unit, ExemplarList::kTypical)},
          {"statistics", statistics_json(unit, {.names = &place.vocabulary})}};
}

// Of the positive units, or of the negative ones where only those were dissected. Null when none were.
Json counts_json(const UnitRows& rows, int categories) {
  for (const int sign : {1, -1}) {
    std::vector<UnitDissection> units;
    for (const auto& row : rows) {
      if (sign_of(row) == sign && row.second.dissection) units.push_back(*row.second.dissection);
    }
    if (units.empty()) continue;
    const DetectorCount count = count_detectors(units, categories);
    return finding_json(count);
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
  std::ranges::stable_partition(order, [&](const auto* row) {
    return iou(row) >= kDetectorCut && seen.insert(row->second.dissection->best.label).second;
  });
  Json strip = Json::array();
  for (size_t i = 0; i < std::min(kStrip, order.size()); ++i) {
    const auto& dissection = order[i]->second.dissection;
    strip.push_back({{"unit", unit_of(*order[i])},
                     {"sign", sign_of(*order[i])},
                     {"label", dissection ? dissection->best.label : 0},
                     {"category", dissection ? dissection->best.category : -1},
                     {"iou", dissection ? rounded(dissection->best.iou) : Json(nullptr)},
                     {"variant", variant_of(order[i]->second)},
                     {"thumb", thumb_of(atlas, order[i]->second)}});
  }
  return strip;
}

// How the masks of a layer were made of its maps; centres are pixels of the network's input.
Json mask_json(const Atlas& atlas, const AtlasLayer& layer, const LayerDissection& dissection) {
  const MaskPlacing placing = mask_placing(atlas, layer, atlas.network().value_or(AtlasNetwork{}).input);
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

Json study_json(const Atlas& atlas, const AtlasLayer& layer, int categories) {
  const UnitRows rows = unit_rows(atlas, layer.name);
  Json dissection = nullptr;
  if (const auto info = atlas.dissection_info(layer.name)) {
    dissection = finding_json<LayerDissection>(*info);
    dissection["mask"] = mask_json(atlas, layer, *info);
  }
  const auto pictures = std::ranges::count_if(rows, [](const auto& row) { return row.second.picture.has_value(); });
  return {{"dissection", std::move(dissection)},
          {"counts", counts_json(rows, categories)},
          {"pictures", pictures},
          {"strip", strip_json(atlas, rows)}};
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

Json runs_json(const Atlas& atlas) {
  Json runs = Json::array();
  for (const Provenance& run : atlas.runs()) {
    runs.push_back(finding_json(run));
  }
  return runs;
}

Json columns(std::initializer_list<const char*> names) {
  Json table = Json::object();
  for (const char* name : names) table[name] = Json::array();
  return table;
}

}  // namespace

UnitRows unit_rows(const Atlas& atlas, const std::string& layer) {
  UnitRows rows;
  for (UnitDissection& unit : atlas.units(layer, true)) {
    rows[{unit.unit, -static_cast<int>(unit.sign)}].dissection = std::move(unit);
  }
  for (AtlasPicture& picture : atlas.pictures(layer, -1, false)) {
    auto& slot = rows[{picture.unit, -static_cast<int>(picture.sign)}].picture;
    if (!slot) slot = std::move(picture);  // variants rise
  }
  return rows;
}

Json atlas_data(const Atlas& atlas) {
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
  for (const AtlasLayer& layer : atlas.studied_layers()) studied.insert(layer.id);
  Json layers = Json::array();
  for (const AtlasLayer& layer : atlas.layers()) {
    layers.push_back(
        {{"id", layer.id},
         {"name", layer.name},
         {"aliases", layer.aliases},
         {"op", layer.op},
         {"shape", layer.shape},
         {"units", layer.units},
         {"receptive_field", layer.receptive_field.contains("size") ? layer.receptive_field : Json(nullptr)},
         {"macs_share", rounded(layer.macs_share)},
         {"study", studied.contains(layer.id) ? study_json(atlas, layer, categories) : Json(nullptr)}});
  }
  out["layers"] = std::move(layers);
  out["visualizations"] = visualizations_strip(atlas);
  out["runs"] = runs_json(atlas);
  return out;
}

Json layer_data(const Atlas& atlas, const AtlasLayer& layer) {
  const auto concepts = atlas.concepts();
  Json by_category = Json::array();
  for (size_t i = 0; concepts && i < concepts->categories.size(); ++i) {
    by_category.push_back(columns({"label", "iou", "ceiling"}));
  }
  Json table = columns({"unit", "sign", "label", "category", "iou", "ceiling", "threshold", "maximum"});
  Json picture = columns({"variant", "thumb", "ratio", "status"});
  for (const auto& row : unit_rows(atlas, layer.name)) {
    const auto& [dissection, drawn] = row.second;
    table["unit"].push_back(unit_of(row));
    table["sign"].push_back(sign_of(row));
    table["label"].push_back(dissection ? dissection->best.label : 0);
    table["category"].push_back(dissection ? dissection->best.category : -1);
    table["iou"].push_back(dissection ? rounded(dissection->best.iou) : Json(nullptr));
    table["ceiling"].push_back(dissection ? rounded(dissection->best.ceiling) : Json(nullptr));
    table["threshold"].push_back(dissection ? number_json(dissection->threshold) : Json(nullptr));
    table["maximum"].push_back(dissection ? number_json(dissection->maximum) : Json(nullptr));
    for (size_t i = 0; i < by_category.size(); ++i) {
      const ConceptScore score =
          dissection && i < dissection->by_category.size() ? dissection->by_category[i] : ConceptScore{};
      by_category[i]["label"].push_back(score.label);
      by_category[i]["iou"].push_back(rounded(score.iou));
      by_category[i]["ceiling"].push_back(rounded(score.ceiling));
    }
    picture["variant"].push_back(variant_of(row.second));
    picture["thumb"].push_back(thumb_of(atlas, row.second));
    picture["ratio"].push_back(ratio_of(row.second));
    picture["status"].push_back(drawn ? drawn->status : "");
  }
  table["by_category"] = std::move(by_category);
  table.update(picture);
  return table;
}

Json concept_data(const Atlas& atlas) {
  Json table = columns({"layer", "unit", "sign", "label", "category", "iou", "ceiling", "variant", "thumb"});
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    for (const auto& row : unit_rows(atlas, layer.name)) {
      if (!row.second.dissection) continue;
      const Json thumb = thumb_of(atlas, row.second);
      std::set<int> seen;
      const auto add = [&](const ConceptScore& score) {
        if (score.label == 0 || score.iou <= 0 || !seen.insert(score.label).second) return;
        table["layer"].push_back(layer.id);
        table["unit"].push_back(unit_of(row));
        table["sign"].push_back(sign_of(row));
        table["label"].push_back(score.label);
        table["category"].push_back(score.category);
        table["iou"].push_back(rounded(score.iou));
        table["ceiling"].push_back(rounded(score.ceiling));
        table["variant"].push_back(variant_of(row.second));
        table["thumb"].push_back(thumb);
      };
      add(row.second.dissection->best);
      std::ranges::for_each(row.second.dissection->top_concepts, add);
      std::ranges::for_each(row.second.dissection->by_category, add);
    }
  }
  return table;
}

Json unit_data(const Atlas& atlas, const AtlasLayer& layer, int unit) {
  Json dissections = Json::array(), pictures = Json::array();
  const Place place{atlas, layer, atlas.network().value_or(AtlasNetwork{}).input, Vocabulary(atlas)};
  for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
    if (const auto found = atlas.unit(layer.name, unit, sign)) {
      dissections.push_back({{"sign", static_cast<int>(sign)}, {"dissection", dissection_json(place, *found)}});
    }
  }
  PicturePaths paths(layer.id);
  for (const AtlasPicture& picture : atlas.pictures(layer.name, unit, true)) {
    pictures.push_back(picture_data(picture));
    pictures.back()["src"] = paths.of(picture);
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
