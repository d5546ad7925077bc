// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/atlas_json.h"

#include <map>

#include "microtome/base/json.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/finding_json.h"
#include "microtome/exchange/unit_rows.h"

namespace microtome {
namespace {

Json network_json(const Atlas& atlas, JsonDetail detail) {
  const auto network = atlas.network();
  if (!network) return nullptr;
  Json out = finding_json(*network, {}, {"name", "hash", "format", "input"});
  if (detail == JsonDetail::kFull) out["classes"] = network->classes;
  return out;
}

Json concepts_json(const Atlas& atlas) {
  const auto concepts = atlas.concepts();
  if (!concepts) return nullptr;
  return {{"hash", concepts->hash}, {"images", concepts->images}, {"categories", concepts->categories}};
}

// Of the dissected units, which are not all of the layer's.
Json dissected_json(const DetectorCount& count, const Vocabulary& vocabulary) {
  Json out = {{"dissected", count.units}};
  out.update(count_json(count, vocabulary.categories()));
  out.erase("units");
  return out;
}

Json layer_json(const Atlas& atlas, const AtlasLayer& layer, const UnitRows& rows, const Vocabulary& vocabulary) {
  std::vector<UnitDissection> units;
  for (const auto& [of, row] : rows) {
    if (row.dissection) units.push_back(*row.dissection);
  }
  Json out = finding_json(layer, {}, {"name", "aliases", "op", "shape", "units"});
  out.update(dissected_json(count_of_sign(units, Sign::kPositive, vocabulary), vocabulary));
  const DetectorCount negative = count_of_sign(units, Sign::kNegative, vocabulary);
  if (negative.units > 0) out["negative"] = dissected_json(negative, vocabulary);
  if (const auto info = atlas.dissection_info(layer.name)) {
    out["map"] = {info->map_width, info->map_height};
    out["tail"] = info->tail;
    out["images"] = info->images;
  }
  out["curve"] = value_json(detector_curve(units), {});
  const std::vector<ScoreCheck> checks = check_scores(units);
  if (!checks.empty()) out["selfcheck"] = value_json(checks, {});
  return out;
}

// Label and category are null where nothing overlaps. Without measures; a label's images are not a unit's.
Json score_json(const ConceptScore& score, const Vocabulary& vocabulary) {
  Json out = finding_json(score, {.names = &vocabulary},
                          {"label", "category", "iou", "ceiling", "intersection", "activation", "truth"});
  if (score.label == 0) out["category"] = nullptr;
  out["label_images"] = score.images;
  return out;
}

Json exemplars_json(const Atlas& atlas, const std::vector<Exemplar>& exemplars, std::map<int64_t, std::string>& files) {
  Json out = Json::array();
  for (const Exemplar& exemplar : exemplars) {
    auto known = files.find(exemplar.image);
    if (known == files.end()) {
      const auto thumbnail = atlas.thumbnail(exemplar.image);
      known = files.emplace(exemplar.image, thumbnail ? thumbnail->file : "").first;
    }
    out.push_back({{"image", exemplar.image},
                   {"file", known->second.empty() ? Json(nullptr) : Json(known->second)},
                   {"activation", number_json(exemplar.activation)}});
  }
  return out;
}

Json picture_json(const AtlasPicture& picture) {
  Json out = finding_json(picture, {},
                          {"activation_ratio", "activation", "best_exemplar", "status", "objective", "variant", "width",
                           "height", "score", "facts"});
  out["frames"] = steps_json(picture);
  return out;
}

class UnitJson {
 public:
  UnitJson(const Atlas& atlas, const Vocabulary& vocabulary, JsonDetail detail)
      : atlas_(atlas), vocabulary_(vocabulary), detail_(detail) {}

  Json of(const AtlasLayer& layer, const SignedUnit& of, const UnitRow& row) {
    Json json = {{"layer", layer.name}, {"unit", of.unit}, {"sign", std::string(1, sign_char(of.sign))}};
    for (const char* name : {"label", "category", "iou", "ceiling", "threshold", "on_pixels", "on_images", "minimum",
                             "maximum", "intersection", "activation", "truth", "label_images", "picture"}) {
      json[name] = nullptr;
    }
    if (row.dissection) dissected(json, *row.dissection);
    if (const AtlasPicture* first = row.picture()) json["picture"] = picture_json(*first);
    if (detail_ != JsonDetail::kFull) return json;
    for (const AtlasPicture& picture : row.pictures) json["pictures"].push_back(picture_json(picture));
    return json;
  }

 private:
  void dissected(Json& json, const UnitDissection& unit) {
    json.update(score_json(unit.best, vocabulary_));
    json.update(finding_json(unit, {}, {"threshold", "on_pixels", "on_images", "minimum", "maximum"}));
    json.update(statistics_json(unit, {.names = &vocabulary_}));
    if (detail_ != JsonDetail::kFull) return;
    Json& categories = json["by_category"] = Json::object();
    for (size_t at = 0; at < unit.by_category.size(); ++at) {
      categories[vocabulary_.category(static_cast<int>(at))] = score_json(unit.by_category[at], vocabulary_);
    }
    Json& concepts = json["top_concepts"] = Json::array();
    for (const ConceptScore& score : unit.top_concepts) {
      concepts.push_back(score_json(score, vocabulary_));
      concepts.back()["measures"] = finding_json(score.measures);
    }
    json["exemplars"] = {{"top", exemplars_json(atlas_, unit.top, files_)},
                         {"bottom", exemplars_json(atlas_, unit.bottom, files_)},
                         {"typical", exemplars_json(atlas_, unit.typical, files_)}};
  }

  const Atlas& atlas_;
  const Vocabulary& vocabulary_;
  JsonDetail detail_;
  std::map<int64_t, std::string> files_;
};

}  // namespace

Json atlas_json(const Atlas& atlas, const std::string& layer, JsonDetail detail) {
  const std::vector<AtlasLayer> layers = chosen_layers(atlas, layer);
  const Vocabulary vocabulary(atlas);
  Json out = {{"network", network_json(atlas, detail)},
              {"concepts", concepts_json(atlas)},
              {"content_hash", atlas.content_hash()},
              {"layers", Json::array()},
              {"units", Json::array()}};
  UnitJson unit(atlas, vocabulary, detail);
  for (const AtlasLayer& chosen : layers) {
    const UnitRows rows = unit_rows(atlas, chosen.name);
    out["layers"].push_back(layer_json(atlas, chosen, rows, vocabulary));
    for (const auto& [of, row] : rows) out["units"].push_back(unit.of(chosen, of, row));
  }
  if (!layer.empty()) return out;
  Json& visualizations = out["visualizations"] = Json::array();
  for (const AtlasPicture& picture : atlas.visualizations(Detail::kBrief)) {
    visualizations.push_back(visualization_json(picture));
  }
  return out;
}

Json visualization_json(const AtlasPicture& picture) {
  Json out = finding_json(picture, {}, {"objective", "variant", "score", "status", "width", "height", "facts"});
  out["frames"] = steps_json(picture);
  return out;
}

std::string json_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace microtome
