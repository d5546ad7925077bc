// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "microtome/atlas/statistics.h"
#include "microtome/atlas/vocabulary.h"
#include "microtome/base/json.h"
#include "microtome/exchange/export.h"

namespace microtome {
namespace {

// The double with the fewest digits that is nearest to this float: 0.1f as 0.1, not as 0.10000000149011612.
double short_double(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  double wide = value;  // Kept for infinities and NaN, which from_chars reads too.
  std::from_chars(text, end, wide);
  return wide;
}

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json network_json(const Atlas& atlas, JsonDetail detail) {
  const auto network = atlas.network();
  if (!network) return nullptr;
  Json out = {{"name", network->name}, {"hash", network->hash}, {"format", network->format}, {"input", network->input}};
  if (detail == JsonDetail::kFull) out["classes"] = network->classes;
  return out;
}

Json concepts_json(const Atlas& atlas) {
  const auto concepts = atlas.concepts();
  if (!concepts) return nullptr;
  return {{"hash", concepts->hash}, {"images", concepts->images}, {"categories", concepts->categories}};
}

Json counts_json(const DetectorCount& count, const Vocabulary& vocabulary) {
  Json out = {
      {"detectors", count.detectors}, {"unique", count.unique}, {"unique_by_category", count.unique_by_category}};
  Json& categories = out["by_category"] = Json::object();
  for (size_t at = 0; at < count.by_category.size(); ++at) {
    const DetectorCount::Category& category = count.by_category[at];
    categories[vocabulary.categories()[at]] = {{"detectors", category.detectors}, {"unique", category.unique}};
  }
  return out;
}

Json layer_json(const Atlas& atlas, const AtlasLayer& layer, const std::vector<UnitDissection>& units,
                const Vocabulary& vocabulary) {
  Json out = {{"name", layer.name}, {"aliases", layer.aliases}, {"op", layer.op}, {"shape", layer.shape}};
  const DetectorCount count = count_of_sign(units, Sign::kPositive, vocabulary);
  out["units"] = layer.units;
  out["dissected"] = count.units;
  out.update(counts_json(count, vocabulary));
  const DetectorCount negative = count_of_sign(units, Sign::kNegative, vocabulary);
  if (negative.units > 0) {
    Json& part = out["negative"] = {{"dissected", negative.units}};
    part.update(counts_json(negative, vocabulary));
  }
  if (const auto info = atlas.dissection_info(layer.name)) {
    out["map"] = {info->map_width, info->map_height};
    out["tail"] = info->tail;
    out["images"] = info->images;
  }
  for (const DetectorCurvePoint& point : detector_curve(units)) {
    out["curve"].push_back({{"cut", point.cut}, {"detectors", point.detectors}, {"unique", point.unique}});
  }
  for (const ScoreCheck& check : check_scores(units)) {
    out["selfcheck"].push_back({{"score", check.score},
                                {"detectors", check.pairs},
                                {"missing", check.missing},
                                {"extra", check.extra},
                                {"passes", check.passes}});
  }
  return out;
}

// Label and category are null where nothing overlaps.
Json score_json(const ConceptScore& score, const Vocabulary& vocabulary) {
  const bool some = score.label != 0;
  return {{"label", some ? Json(vocabulary.display_name(score.label)) : Json(nullptr)},
          {"category", some ? Json(vocabulary.category(score.category)) : Json(nullptr)},
          {"iou", score.iou},
          {"ceiling", score.ceiling},
          {"intersection", score.intersection},
          {"activation", score.activation},
          {"truth", score.truth},
          {"label_images", score.images}};
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
                   {"activation", short_double(exemplar.activation)}});
  }
  return out;
}

Json real_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json steps_json(const std::vector<AtlasFrame>& frames) {
  Json steps = Json::array();
  for (const AtlasFrame& frame : frames) steps.push_back(frame.step);
  return steps;
}

Json picture_json(const AtlasPicture& picture) {
  return {{"activation_ratio", optional_json(picture.activation_ratio)},
          {"activation", real_json(picture.activation)},
          {"best_exemplar", optional_json(picture.best_exemplar)},
          {"status", picture.status},
          {"objective", picture.objective},
          {"variant", picture.variant},
          {"width", picture.width},
          {"height", picture.height},
          {"score", real_json(picture.score)},
          {"frames", steps_json(picture.frames)},
          {"facts", picture.facts}};
}

class UnitsJson {
 public:
  UnitsJson(const Atlas& atlas, const Vocabulary& vocabulary, JsonDetail detail)
      : atlas_(atlas), vocabulary_(vocabulary), detail_(detail) {}

  // Every (unit, sign) that has a dissection or a picture, in order.
  void append(const AtlasLayer& layer, const std::vector<UnitDissection>& units, Json& out) {
    std::map<std::pair<int, int>, Json> rows;  // By unit, + before -.
    for (const UnitDissection& unit : units) dissected(row(rows, layer, unit.unit, unit.sign), unit);
    for (const AtlasPicture& picture : atlas_.pictures(layer.name, -1, false)) {
      pictured(row(rows, layer, picture.unit, picture.sign), picture);
    }
    for (auto& [place, json] : rows) out.push_back(std::move(json));
  }

 private:
  Json& row(std::map<std::pair<int, int>, Json>& rows, const AtlasLayer& layer, int unit, Sign sign) {
    Json& json = rows[{unit, -static_cast<int>(sign)}];
    if (!json.is_null()) return json;
    json = {{"layer", layer.name}, {"unit", unit}, {"sign", std::string(1, sign_char(sign))}};
    for (const char* name : {"label", "category", "iou", "ceiling", "threshold", "on_pixels", "on_images", "minimum",
                             "maximum", "intersection", "activation", "truth", "label_images", "picture"}) {
      json[name] = nullptr;
    }
    return json;
  }

  void dissected(Json& json, const UnitDissection& unit) {
    json.update(score_json(unit.best, vocabulary_));
    json["threshold"] = short_double(unit.threshold);
    json["on_pixels"] = unit.on_pixels;
    json["on_images"] = unit.on_images;
    json["minimum"] = short_double(unit.minimum);
    json["maximum"] = short_double(unit.maximum);
    json.update(named_statistics(unit, vocabulary_));
    if (detail_ != JsonDetail::kFull) return;
    Json& categories = json["by_category"] = Json::object();
    for (size_t at = 0; at < unit.by_category.size(); ++at) {
      categories[vocabulary_.category(static_cast<int>(at))] = score_json(unit.by_category[at], vocabulary_);
    }
    Json& concepts = json["top_concepts"] = Json::array();
    for (const ConceptScore& score : unit.top_concepts) {
      concepts.push_back(score_json(score, vocabulary_));
      concepts.back()["measures"] = measures_json(score.measures);
    }
    json["exemplars"] = {{"top", exemplars_json(atlas_, unit.top, files_)},
                         {"bottom", exemplars_json(atlas_, unit.bottom, files_)},
                         {"typical", exemplars_json(atlas_, unit.typical, files_)}};
  }

  void pictured(Json& json, const AtlasPicture& picture) {
    if (json["picture"].is_null()) json["picture"] = picture_json(picture);
    if (detail_ == JsonDetail::kFull) json["pictures"].push_back(picture_json(picture));
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
  UnitsJson rows(atlas, vocabulary, detail);
  for (const AtlasLayer& chosen : layers) {
    const std::vector<UnitDissection> units = atlas.units(chosen.name, true);
    out["layers"].push_back(layer_json(atlas, chosen, units, vocabulary));
    rows.append(chosen, units, out["units"]);
  }
  if (!layer.empty()) return out;
  Json& visualizations = out["visualizations"] = Json::array();
  for (const AtlasPicture& picture : atlas.visualizations(false)) {
    visualizations.push_back(visualization_json(picture));
  }
  return out;
}

Json visualization_json(const AtlasPicture& picture) {
  return {{"objective", picture.objective},
          {"variant", picture.variant},
          {"score", real_json(picture.score)},
          {"status", picture.status},
          {"width", picture.width},
          {"height", picture.height},
          {"frames", steps_json(picture.frames)},
          {"facts", picture.facts}};
}

Json unit_statistics(const Atlas& atlas, const UnitDissection& unit) {
  return named_statistics(unit, Vocabulary(atlas));
}

std::string json_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace microtome
