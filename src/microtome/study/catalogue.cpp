// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/catalogue.h"

#include "microtome/base/json.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/explain/attribution.h"
#include "microtome/network/architectures/architecture.h"
#include "microtome/network/baseline.h"
#include "microtome/network/basis.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/ops/operator.h"
#include "microtome/study/question.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/parametrization.h"
#include "microtome/visualize/transform.h"

namespace microtome {
namespace {

template <class Kinds>
Json described(const Kinds& kinds) {
  Json out = Json::array();
  for (const auto* kind : kinds) {
    out.push_back(
        {{"name", kind->name}, {"summary", kind->summary}, {"parameters", describe_fields(kind->describe())}});
  }
  return out;
}

Json engine_kinds() {
  Json out;
  out["objectives"] = described(objectives::kinds());
  out["penalties"] = described(penalties::kinds());
  out["parametrizations"] = described(parametrizations::kinds());
  out["transforms"] = described(transforms::kinds());
  out["transform_presets"] = Json::array();
  for (const TransformPreset& preset : transform_presets()) {
    out["transform_presets"].push_back({{"name", preset.name}, {"summary", preset.summary}, {"text", preset.text}});
  }
  out["attributions"] = Json::array();
  for (const AttributionKind* kind : attributions::kinds()) {
    Json row = {{"name", kind->name}, {"summary", kind->summary}};
    if (!kind->promise.empty()) row["text"] = "sums to " + std::string(kind->promise);
    out["attributions"].push_back(std::move(row));
  }
  out["formats"] = Json::array();
  for (const ModelFormat* format : model_formats::kinds()) {
    out["formats"].push_back({{"name", format->name}, {"summary", format->summary}});
  }
  out["architectures"] = Json::array();
  for (const Architecture* architecture : architectures::kinds()) {
    out["architectures"].push_back({{"name", architecture->name}, {"summary", architecture->summary}});
  }
  out["concept_sets"] = Json::array();
  for (const ConceptFormat* format : concept_formats::kinds()) {
    out["concept_sets"].push_back({{"name", format->name}, {"summary", format->summary}, {"text", format->layout}});
  }
  out["bases"] = Json::array();
  for (const BasisKind* kind : bases::kinds()) {
    out["bases"].push_back({{"name", kind->name}, {"summary", kind->summary}, {"text", kind->form}});
  }
  out["baselines"] = Json::array();
  for (const BaselineKind* kind : baselines::kinds()) {
    out["baselines"].push_back({{"name", kind->name}, {"summary", kind->summary}, {"text", kind->form}});
  }
  out["executors"] = Json::array();
  for (const ExecutorKind* kind : executors::kinds()) {
    out["executors"].push_back({{"name", kind->name}, {"summary", kind->summary}});
  }
  out["operators"] = Json::array();
  for (const OperatorFamily* family : operators::kinds()) {
    Json names = Json::array();
    for (const Operator& op : family->operators) names.push_back(op.name);
    out["operators"].push_back({{"name", family->name}, {"operators", names}});
  }
  return out;
}

}  // namespace

Json engine_catalogue() {
  Json questions = Json::array();
  for (const QuestionKind* kind : questions::kinds()) {
    questions.push_back(
        {{"name", kind->name}, {"summary", kind->summary}, {"footer", kind->footer}, {"arguments", kind->arguments()}});
  }
  return {{"release", MICROTOME_VERSION}, {"questions", std::move(questions)}, {"kinds", engine_kinds()}};
}

}  // namespace microtome
