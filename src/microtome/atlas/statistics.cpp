// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/statistics.h"

#include "microtome/base/json.h"

#include <string>

namespace microtome {
namespace {

Json number_json(double value) { return value == value ? Json(value) : Json(nullptr); }
double number_or_unknown(const Json& json) { return json.is_null() ? ConceptMeasures::kUnknown : json.get<double>(); }

// Calls f(name, member) for each member.
template <class Self, class F>
void each_measure(Self& m, F&& f) {
  f("share", m.share), f("f1", m.f1), f("iqr", m.iqr);
  f("auc", m.auc), f("average_precision", m.average_precision), f("pearson", m.pearson);
}
template <class Self, class F>
void each_significance(Self& s, F&& f) {
  f("permutations", s.permutations), f("p", s.p), f("q", s.q), f("family_p", s.family_p);
  f("null_mean", s.null_mean), f("null_high", s.null_high);
}
template <class Self, class F>
void each_score(Self& s, F&& f) {
  f("label", s.label), f("category", s.category), f("intersection", s.intersection), f("activation", s.activation);
  f("truth", s.truth), f("images", s.images), f("iou", s.iou), f("ceiling", s.ceiling);
}
template <class Self, class F>
void each_formula(Self& s, F&& f) {
  f("text", s.text), f("length", s.length), f("intersection", s.intersection), f("truth", s.truth), f("iou", s.iou);
}

Json score_numbers(const ConceptScore& score) {
  Json out = Json::object();
  each_score(score, [&](const char* name, const auto& value) { out[name] = value; });
  return out;
}
ConceptScore score_from_numbers(const Json& json) {
  ConceptScore out;
  each_score(out, [&](const char* name, auto& value) { json.at(name).get_to(value); });
  return out;
}

Json score_names(const ConceptScore& score, const Vocabulary& vocabulary) {
  const bool some = score.label != 0;
  return {{"label", some ? Json(vocabulary.display_name(score.label)) : Json(nullptr)},
          {"category", some ? Json(vocabulary.category(score.category)) : Json(nullptr)},
          {"iou", score.iou},
          {"ceiling", score.ceiling}};
}

template <class ScoreJson>
Json statistics(const UnitDissection& unit, const ScoreJson& score_json) {
  Json out = Json::object();
  if (unit.interval) {
    out["interval"] = {
        {"low", unit.interval->low}, {"high", unit.interval->high}, {"deviation", unit.interval->deviation}};
  }
  if (unit.significance) {
    Json& part = out["significance"] = Json::object();
    each_significance(*unit.significance, [&](const char* name, const auto& value) { part[name] = value; });
  }
  for (const TailScore& tail : unit.tails) {
    out["tails"].push_back({{"tail", tail.tail},
                            {"threshold", tail.threshold},
                            {"on_pixels", tail.on_pixels},
                            {"best", score_json(tail.best)}});
  }
  for (const FormulaScore& formula : unit.formulas) {
    Json part = Json::object();
    each_formula(formula, [&](const char* name, const auto& value) { part[name] = value; });
    out["formulas"].push_back(std::move(part));
  }
  for (const RangeScore& range : unit.ranges) {
    out["ranges"].push_back(
        {{"low", range.low}, {"high", range.high}, {"on_pixels", range.on_pixels}, {"best", score_json(range.best)}});
  }
  for (const ScoreTrial& trial : unit.trials) {
    out["selfcheck"].push_back({{"score", trial.score},
                                {"before", number_json(trial.before)},
                                {"missing", number_json(trial.missing)},
                                {"extra", number_json(trial.extra)}});
  }
  return out;
}

}  // namespace

Json measures_json(const ConceptMeasures& measures) {
  Json out = Json::object();
  each_measure(measures, [&](const char* name, double value) { out[name] = number_json(value); });
  return out;
}

ConceptMeasures measures_from(const Json& json) {
  ConceptMeasures out;
  each_measure(out, [&](const char* name, double& value) { value = number_or_unknown(json.at(name)); });
  return out;
}

Json statistics_json(const UnitDissection& unit) {
  Json out = statistics(unit, score_numbers);
  if (unit.held_out) {
    out["held_out"] = {
        {"label", unit.held_out->label}, {"train_iou", unit.held_out->train_iou}, {"iou", unit.held_out->iou}};
  }
  bool measured = false;
  each_measure(unit.best.measures, [&](const char*, double value) { measured = measured || value == value; });
  if (measured) out["measures"] = measures_json(unit.best.measures);
  return out;
}

void read_statistics(const Json& json, UnitDissection& unit) {
  if (json.contains("measures")) unit.best.measures = measures_from(json["measures"]);
  if (json.contains("held_out")) {
    const Json& part = json["held_out"];
    unit.held_out = {part.at("label").get<int>(), part.at("train_iou").get<double>(), part.at("iou").get<double>()};
  }
  if (json.contains("interval")) {
    const Json& part = json["interval"];
    unit.interval = {part.at("low").get<double>(), part.at("high").get<double>(), part.at("deviation").get<double>()};
  }
  if (json.contains("significance")) {
    unit.significance.emplace();
    each_significance(*unit.significance,
                      [&](const char* name, auto& value) { json["significance"].at(name).get_to(value); });
  }
  const auto each = [&](const char* list, const auto& read) {
    if (!json.contains(list)) return;
    for (const Json& part : json[list]) read(part);
  };
  each("tails", [&](const Json& part) {
    unit.tails.push_back({part.at("tail").get<double>(), part.at("threshold").get<float>(),
                          part.at("on_pixels").get<int64_t>(), score_from_numbers(part.at("best"))});
  });
  each("formulas", [&](const Json& part) {
    each_formula(unit.formulas.emplace_back(), [&](const char* name, auto& value) { part.at(name).get_to(value); });
  });
  each("ranges", [&](const Json& part) {
    unit.ranges.push_back({part.at("low").get<float>(), part.at("high").get<float>(),
                           part.at("on_pixels").get<int64_t>(), score_from_numbers(part.at("best"))});
  });
  each("selfcheck", [&](const Json& part) {
    unit.trials.push_back({part.at("score").get<std::string>(), number_or_unknown(part.at("before")),
                           number_or_unknown(part.at("missing")), number_or_unknown(part.at("extra"))});
  });
}

Json named_statistics(const UnitDissection& unit, const Vocabulary& vocabulary) {
  Json out = {{"verdict", verdict_text(verdict(unit))}, {"measures", measures_json(unit.best.measures)}};
  out.update(statistics(unit, [&](const ConceptScore& score) { return score_names(score, vocabulary); }));
  if (unit.held_out) {
    const bool some = unit.held_out->label != 0;
    out["held_out"] = {{"label", some ? Json(vocabulary.display_name(unit.held_out->label)) : Json(nullptr)},
                       {"train_iou", unit.held_out->train_iou},
                       {"iou", unit.held_out->iou}};
  }
  return out;
}

}  // namespace microtome
