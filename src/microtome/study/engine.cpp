// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/engine.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"
#include "microtome/image/codec.h"
#include "microtome/lab/diorama_training.h"
#include "microtome/network/classify.h"
#include "microtome/study/catalogue.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/measure_pictures.h"
#include "microtome/study/photos.h"
#include "microtome/study/picture_plan.h"
#include "microtome/study/source.h"
#include "microtome/study/units.h"
#include "microtome/study/workflow.h"

namespace microtome {
namespace {

Json to_json(const ReceptiveField& field) {
  return {{"size", field.size}, {"step", field.step}, {"start", field.start}};
}

Json describe_input(const Source& source) {
  const Network& network = source.network;
  const Preprocessing& input = source.preprocessing;
  return {{"channels", network.channels()},
          {"height", network.height()},
          {"width", network.width()},
          {"preprocess", input.name},
          {"range", {input.low, input.high}},
          {"order", input.bgr ? "bgr" : "rgb"},
          {"mean", input.mean},
          {"std", input.deviation}};
}

AtlasNetwork to_record(const Source& source) {
  const Network::Facts& facts = source.network.facts();
  return {facts.hash, facts.format, facts.name, describe_input(source), source.classes};
}

std::vector<AtlasLayer> layer_records(const Network& network) {
  std::vector<AtlasLayer> records;
  for (const Layer& layer : network.layers()) {
    AtlasLayer record;
    record.name = layer.name;
    record.aliases = layer.aliases;
    record.op = layer.op;
    record.shape = layer.shape;
    record.units = layer.units;
    record.receptive_field = to_json(layer.receptive_field);
    record.macs_share = layer.macs_share;
    records.push_back(std::move(record));
  }
  return records;
}

AtlasConcepts to_record(const ConceptSet& concepts) {
  AtlasConcepts record;
  record.hash = concepts.hash();
  record.categories = concepts.index().categories();
  record.images = concepts.size();
  for (int label = 0; label <= concepts.index().max_label(); ++label) {
    record.concepts.push_back(concepts.index().concept_of(label));
    record.display_names.push_back(concepts.index().display_name(label));
  }
  return record;
}

std::vector<LayerTask> layer_tasks(const Network& network, const std::vector<std::string>& layers,
                                   const StudyRequest& request) {
  std::vector<LayerTask> tasks;
  for (const std::string& name : layers) {
    const Layer& layer = network.layer(name);
    const bool known =
        std::any_of(tasks.begin(), tasks.end(), [&](const LayerTask& task) { return task.layer == layer.name; });
    if (known) throw Error(ErrorKind::kUsage, "--layers", fmt::format("layer \"{}\" is named twice", layer.name));
    tasks.push_back({layer.name, parse_units(request.units, layer.units, layer.name)});
  }
  return tasks;
}

class LocalEngine final : public Engine {
 public:
  Json info(const NetworkRequest& request) const override;
  Json classify(const ClassifyRequest& request, int threads, Reporter& reporter) const override;
  void study(const StudyRequest& request, Reporter& reporter) const override;
  Json plan(const StudyRequest& request, Reporter& reporter) const override;
  double rotation_error(const NetworkRequest& request, const std::string& layer) const override {
    constexpr int kPictures = 8;
    return microtome::rotation_error(open_source(request).network, layer, 1, kPictures);
  }
  Json measure(const MeasureRequest& request, int threads, Reporter& reporter) const override {
    return measure_pictures(request, threads, reporter);
  }
  Json train(const TrainSettings& request, Reporter& reporter) const override {
    return train_on_dioramas(request, reporter);
  }
  Json trace(const TraceRequest& request, Reporter& reporter) const override { return trace_units(request, reporter); }
  Json dream(const DreamRequest& request, Reporter& reporter) const override { return dream_photo(request, reporter); }
  Json kinds() const override { return engine_kinds(); }
  void request_stop() const noexcept override { microtome::request_stop(); }
};

Json LocalEngine::info(const NetworkRequest& request) const {
  const Source source = open_source(request);
  const Network::Facts& facts = source.network.facts();
  Json out = {{"network",
               {{"hash", facts.hash},
                {"format", facts.format},
                {"name", facts.name},
                {"input", describe_input(source)},
                {"classes", source.classes.size()}}},
              {"layers", Json::array()}};
  for (const Layer& layer : source.network.layers()) {
    out["layers"].push_back({{"name", layer.name},
                             {"aliases", layer.aliases},
                             {"op", layer.op},
                             {"shape", layer.shape},
                             {"units", layer.units},
                             {"receptive_field", to_json(layer.receptive_field)},
                             {"macs_share", layer.macs_share}});
  }
  return out;
}

Json top_classes(const std::vector<float>& probabilities, const std::vector<std::string>& classes, int64_t count) {
  Json top = Json::array();
  for (const Guess& guess : likeliest(probabilities, static_cast<int>(count))) {
    const size_t index = static_cast<size_t>(guess.index);
    top.push_back({{"index", guess.index},
                   {"label", index < classes.size() ? Json(classes[index]) : Json(nullptr)},
                   {"probability", guess.probability}});
  }
  return top;
}

Json LocalEngine::classify(const ClassifyRequest& request, int threads, Reporter& reporter) const {
  const Source source = open_source(request.network, static_cast<int>(request.resize));
  const Classifier classifier(source.network, source.preprocessing);
  std::vector<Json> answers(request.images.size());
  {
    Task progress(reporter, "classifying", static_cast<int64_t>(answers.size()), "images");
    parallel_for(threads, static_cast<int64_t>(answers.size()), [&](int, int64_t index) {
      throw_if_stopped();
      const std::string& file = request.images[static_cast<size_t>(index)];
      Json answer = {{"file", file}};
      try {
        answer["top"] = top_classes(classifier.probabilities(load_image(file)), source.classes, request.top);
      } catch (const Error& error) {
        reporter.warn(error.what());
        answer["error"] = error.what();
        answer["top"] = Json::array();
      }
      answers[static_cast<size_t>(index)] = std::move(answer);
      progress.advance();
    });
  }
  return {{"images", answers}};
}

// All that is decided before an atlas is touched.
struct Prepared {
  Source source;
  std::unique_ptr<ConceptSet> concepts;
  std::vector<LayerTask> tasks;      // to be shown
  std::vector<LayerTask> dissected;  // these, and the baselines that they are held against
  std::optional<PicturePlan> pictures;
};

Prepared prepare(const StudyRequest& request, Reporter& reporter) {
  Prepared job{open_source(request.network), nullptr, {}, {}, {}};
  if (request.dissect && !request.concepts.empty()) job.concepts = open_concept_set(request.concepts);
  const std::vector<std::string> layers =
      derive_layers(job.source, request.layers, request.bases, job.concepts.get(), request.threads, reporter);
  if (!job.concepts && !request.baselines.empty()) {
    throw Error(ErrorKind::kUsage, "--baselines", "baselines are dissected, which needs --concepts");
  }
  std::vector<std::string> dissected = derive_baselines(job.source, layers, request.baselines, request.render.seed);
  dissected.insert(dissected.begin(), layers.begin(), layers.end());
  job.tasks = layer_tasks(job.source.network, layers, request);
  job.dissected = layer_tasks(job.source.network, dissected, request);
  if (request.visualize) job.pictures = plan_pictures(job.source, job.tasks, request);
  warn_of_assumed_range(job.source, reporter);
  if (job.pictures && job.pictures->other && !job.pictures->other->stated) {
    reporter.warn(fmt::format("{} does not say which input range it expects: using {}", request.transfer,
                              job.pictures->other->preprocessing.name));
  }
  return job;
}

Json LocalEngine::plan(const StudyRequest& request, Reporter& reporter) const {
  const Prepared job = prepare(request, reporter);
  std::optional<Atlas> atlas;
  if (std::filesystem::exists(request.out)) atlas = Atlas::open(request.out, Atlas::Mode::kRead);
  return estimate(job.source, *job.pictures, request, atlas ? &*atlas : nullptr);
}

void LocalEngine::study(const StudyRequest& request, Reporter& reporter) const {
  const Prepared job = prepare(request, reporter);
  if (job.concepts) check_range(job.source, *job.concepts, request.threads, reporter);
  Atlas atlas = Atlas::open(request.out, Atlas::Mode::kCreateOrWrite);
  atlas.put_network(to_record(job.source), layer_records(job.source.network));
  std::vector<SkippedImage> skipped;
  if (job.concepts) {
    atlas.put_concepts(to_record(*job.concepts));
    skipped = dissect_layers(job.source, job.dissected, *job.concepts, request, atlas, reporter);
  }
  if (job.pictures) render_pictures(job.source, *job.pictures, request, atlas, reporter);
  for (const SkippedImage& image : skipped) reporter.detail(image.reason);
  if (!skipped.empty()) {
    throw Error(ErrorKind::kCorrupt, request.concepts,
                fmt::format("{} of {} images could not be read and were left out, the first: {}", skipped.size(),
                            job.concepts->size(), skipped.front().reason),
                "the atlas holds everything else");
  }
}

}  // namespace
}  // namespace microtome

extern "C" const microtome::Engine* microtome_engine() {
  static const microtome::LocalEngine engine;
  return &engine;
}
