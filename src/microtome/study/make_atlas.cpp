// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/make_atlas.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/path.h"
#include "microtome/concepts/open.h"
#include "microtome/network/eye.h"
#include "microtome/study/check_range.h"
#include "microtome/study/compare_pictures.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/dissect_layers.h"
#include "microtome/study/estimate.h"
#include "microtome/study/network_facts.h"
#include "microtome/study/render_pictures.h"
#include "microtome/study/source.h"
#include "microtome/study/units.h"

namespace microtome {
namespace {

std::string atlas_file(const StudyArguments& request) {
  if (!request.out.empty()) return request.out;
  return std::filesystem::path(request.network.file).stem().string() + ".atlas";
}

AtlasConcepts concepts_record(const ConceptSet& concepts) {
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
                                   const std::string& units) {
  std::vector<LayerTask> tasks;
  for (const std::string& name : layers) {
    const Layer& layer = network.layer(name);
    const bool known =
        std::any_of(tasks.begin(), tasks.end(), [&](const LayerTask& task) { return task.layer == layer.name; });
    if (known) throw Error(ErrorKind::kUsage, "layers", fmt::format("layer \"{}\" is named twice", layer.name));
    tasks.push_back({layer.name, parse_units(units, layer.units, layer.name)});
  }
  return tasks;
}

// All that is decided before an atlas is touched.
struct Job {
  Source source;
  Network file;  // without derived layers
  std::unique_ptr<ConceptSet> concepts;
  std::vector<LayerTask> tasks;      // to be shown
  std::vector<LayerTask> dissected;  // these, and the baselines that they are held against
  std::optional<PicturePlan> pictures;
};

// Either part may be absent.
Job prepare(const StudyArguments& study, const DissectRequest* dissect, const PictureRequest* pictures,
            Reporter& reporter) {
  Source source = open_source(study.network);
  const Network file = source.network;
  Job job{std::move(source), file, nullptr, {}, {}, {}};
  if (dissect != nullptr && !dissect->concepts.empty()) {
    check_takes_pictures(job.source.network);
    job.concepts = open_concept_set(dissect->concepts);
  }
  const std::vector<std::string> layers =
      derive_layers(job.source, study.layers, study.bases, job.concepts.get(), study.threads, reporter);
  std::vector<std::string> dissected = layers;
  if (dissect != nullptr && !dissect->baselines.empty()) {
    if (!job.concepts) {
      throw Error(ErrorKind::kUsage, "baselines", "baselines are dissected, which needs `concepts`");
    }
    const std::vector<std::string> baselines = derive_baselines(job.source, layers, dissect->baselines, dissect->seed);
    dissected.insert(dissected.end(), baselines.begin(), baselines.end());
  }
  job.tasks = layer_tasks(job.source.network, layers, study.units);
  job.dissected = layer_tasks(job.source.network, dissected, study.units);
  if (pictures != nullptr) job.pictures = plan_pictures(job.source, job.tasks, *pictures);
  warn_of_assumed_range(job.source, reporter);
  if (job.pictures && job.pictures->other && !job.pictures->other->stated) {
    reporter.warn(fmt::format("{} does not say which input range it expects: using {}", pictures->transfer,
                              job.pictures->other->preprocessing.name));
  }
  return job;
}

// What would be done, from what is there.
Json plan_atlas(const StudyArguments& study, const DissectRequest* dissect, const PictureRequest* pictures,
                Reporter& reporter) {
  const Job job = prepare(study, dissect, pictures, reporter);
  std::optional<Atlas> atlas;
  const std::string file = atlas_file(study);
  if (is_there(file)) atlas = Atlas::open(file, Atlas::Mode::kRead);
  Json plan = {{"plan", file}};
  if (job.concepts) {
    plan["dissection"] =
        estimate_dissection(job.source, job.dissected, *job.concepts, *dissect, atlas ? &*atlas : nullptr);
  }
  if (job.pictures) plan.update(estimate(job.source, *job.pictures, *pictures, atlas ? &*atlas : nullptr));
  return plan;
}

bool holds_nothing(const Atlas& atlas) {
  const auto begun = [&](const Provenance& run) { return atlas.checkpoint(run.id).has_value(); };
  return atlas.studied_layers().empty() && atlas.visualizations(Detail::kBrief).empty() &&
         std::ranges::none_of(atlas.runs(), begun);
}

// An atlas that was made for a request which then failed, and holds nothing of it, is no atlas to leave behind.
void remove_if_empty(const std::string& file) {
  try {
    if (!holds_nothing(Atlas::open(file, Atlas::Mode::kRead))) return;
  } catch (const Error&) {
    return;  // What went wrong first is told.
  }
  std::error_code failed;
  std::filesystem::remove(file, failed);
}

// Writes what the job asks for; returns the images that could not be read.
std::vector<SkippedImage> fill(const std::string& file, const Job& job, const StudyArguments& study,
                               const DissectRequest* dissect, const PictureRequest* pictures, Reporter& reporter) {
  Atlas atlas = Atlas::open(file, Atlas::Mode::kCreateOrWrite);
  atlas.put_network(network_record(job.source), layer_records(job.source.network, job.file));
  std::vector<SkippedImage> skipped;
  if (job.concepts) {
    atlas.put_concepts(concepts_record(*job.concepts));
    skipped = dissect_layers(job.source, job.dissected, *job.concepts, *dissect, atlas, reporter);
  }
  if (job.pictures) render_pictures(*job.pictures, *pictures, atlas, reporter);
  compare_pictures(job.source, job.pictures ? &*job.pictures : nullptr, atlas, study.threads, reporter);
  return skipped;
}

Json run(const StudyArguments& study, const DissectRequest* dissect, const PictureRequest* pictures,
         Reporter& reporter) {
  if (study.dry_run) return plan_atlas(study, dissect, pictures, reporter);
  const Job job = prepare(study, dissect, pictures, reporter);
  if (job.concepts) check_range(job.source, probed_images(*job.concepts), study.threads, reporter);
  const std::string file = atlas_file(study);
  const bool fresh = !is_there(file);
  std::vector<SkippedImage> skipped;
  try {
    skipped = fill(file, job, study, dissect, pictures, reporter);
  } catch (const Error& error) {
    const bool stopped = error.kind() == ErrorKind::kCancelled;  // It holds what was done so far.
    if (fresh && !stopped && is_there(file)) remove_if_empty(file);
    throw;
  }
  if (job.concepts) {
    for (const std::string& remark : job.concepts->remarks()) reporter.warn(remark);
  }
  for (const SkippedImage& image : skipped) reporter.detail(image.reason);
  if (!skipped.empty()) {
    throw Error(ErrorKind::kCorrupt, dissect->concepts,
                fmt::format("{} of {} images could not be read and were left out, the first: {}", skipped.size(),
                            job.concepts->size(), skipped.front().reason),
                "the atlas holds everything else");
  }
  return {{"file", file}};
}

}  // namespace

AtlasRequest::operator DissectRequest() const {
  DissectRequest part{*this, *this};
  part.seed = render.seed;
  return part;
}

Json make_atlas(const DissectRequest& request, Reporter& reporter) { return run(request, &request, nullptr, reporter); }
Json make_atlas(const PictureRequest& request, Reporter& reporter) { return run(request, nullptr, &request, reporter); }
Json make_atlas(const AtlasRequest& request, Reporter& reporter) {
  const DissectRequest dissect = request;
  const PictureRequest pictures = request;
  return run(request, &dissect, &pictures, reporter);
}

}  // namespace microtome
