// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/finding_json.h"

namespace microtome {
namespace {

// Where nothing overlaps there is no concept, whatever its category says.
Json short_score(const ConceptScore& score, const JsonStyle& style) {
  Json out = finding_json(score, style, {"label", "category", "iou", "ceiling"});
  if (score.label == 0) out["category"] = nullptr;
  return out;
}

template <class T>
void add_scored(Json& out, const char* name, const std::vector<T>& list, const JsonStyle& style) {
  if (list.empty()) return;
  Json& items = out[name] = Json::array();
  for (const T& item : list) {
    items.push_back(Json::object());
    T::fields(item, [&]<class V>(const Field& field, const V& value) {
      if constexpr (std::is_same_v<V, ConceptScore>)
        items.back()[std::string(field.name)] = short_score(value, style);
      else
        items.back()[std::string(field.name)] = value_json(value, style);
    });
  }
}

}  // namespace

Json steps_json(const AtlasPicture& picture) {
  Json steps = Json::array();
  for (const AtlasFrame& frame : picture.frames) steps.push_back(frame.step);
  return steps;
}

Json count_json(const DetectorCount& count, const std::vector<std::string>& categories) {
  Json out = finding_json(count, {}, {"units", "detectors", "unique", "unique_by_category"});
  Json& by_category = out["by_category"] = Json::object();
  for (size_t i = 0; i < count.by_category.size(); ++i)
    by_category[categories.at(i)] = finding_json(count.by_category[i]);
  return out;
}

Json statistics_json(const UnitDissection& unit, const JsonStyle& style) {
  Json out = {{"verdict", verdict_text(verdict(unit))}, {"measures", finding_json(unit.best.measures, style)}};
  out.update(finding_json(unit, style, {"interval", "significance", "formulas", "selfcheck", "held_out"}));
  add_scored(out, "tails", unit.tails, style);
  add_scored(out, "ranges", unit.ranges, style);
  return out;
}

}  // namespace microtome
