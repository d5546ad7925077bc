// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/dissect_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/dissect/convention.h"
#include "microtome/dissect/ranges.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"
#include "microtome/network/bases/file.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/eye.h"
#include "microtome/network/passes.h"
#include "microtome/study/provenance.h"
#include "microtome/study/survey_plan.h"

namespace microtome {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kThumbnailSide = 224;
constexpr int kThumbnailQuality = 82;
constexpr double kCheckpointSeconds = 60;

std::vector<std::string> names_of(const std::vector<LayerTask>& tasks) {
  std::vector<std::string> names;
  for (const LayerTask& task : tasks) names.push_back(task.layer);
  return names;
}

// One pass of the images through the network, chunk by chunk, each image alone on a worker.
class Pass {
 public:
  Pass(const Source& source, const std::vector<LayerTask>& tasks, const ConceptSet& concepts,
       const DissectRequest& request)
      : eye_(source.network, source.preprocessing, names_of(tasks)),
        tasks_(tasks),
        concepts_(concepts),
        request_(request) {
    for (const LayerTask& task : tasks) {
      const SurveyLayer layer = survey_layer(source.network, task, concepts.size());
      checkpoint_.surveys.emplace_back(layer, survey_settings(request, layer, concepts));
      checkpoint_.units += fmt::format("{} {}\n", task.layer, fmt::join(task.units, ","));
      units_.push_back(at::tensor(task.units, at::kLong));
    }
  }

  SurveyCheckpoint& state() { return checkpoint_; }

  // What the network makes of the images from `begin` on.
  struct Chunk {
    int64_t begin = 0, count = 0;
    std::vector<std::vector<at::Tensor>> activations;  // by image and layer; none where there is a reason
    std::vector<std::string> reasons;                  // why an image could not be read

    std::vector<SurveyImage> of_layer(size_t layer) const {
      std::vector<SurveyImage> images;
      for (int64_t offset = 0; offset < count; ++offset) {
        const auto& maps = activations[static_cast<size_t>(offset)];
        if (!maps.empty()) images.push_back({begin + offset, maps[layer].data_ptr<float>()});
      }
      return images;
    }
  };
  Chunk run(int64_t begin, int64_t count) const {
    Chunk chunk{begin, count, {}, {}};
    chunk.activations.resize(static_cast<size_t>(count));
    chunk.reasons.resize(static_cast<size_t>(count));
    parallel_for(request_.threads, count, [&](int, int64_t offset) {
      throw_if_stopped();
      const size_t slot = static_cast<size_t>(offset);
      try {
        chunk.activations[slot] = run(begin + offset);
      } catch (const Error& error) {
        if (request_.strict || error.kind() == ErrorKind::kCancelled || error.kind() == ErrorKind::kInternal) throw;
        chunk.reasons[slot] = error.what();
      }
    });
    return chunk;
  }

  // Takes the next chunk in; returns how many images it had.
  int64_t advance() {
    const int64_t begin = checkpoint_.images_done;
    const Chunk chunk = run(begin, std::min(request_.batch, concepts_.size() - begin));
    for (size_t layer = 0; layer < tasks_.size(); ++layer) {
      checkpoint_.surveys[layer].add(chunk.of_layer(layer), request_.threads);
    }
    for (int64_t offset = 0; offset < chunk.count; ++offset) {
      const std::string& reason = chunk.reasons[static_cast<size_t>(offset)];
      if (!reason.empty()) checkpoint_.skipped.push_back({concepts_.image_info(begin + offset).file, reason});
    }
    checkpoint_.images_done = begin + chunk.count;
    return chunk.count;
  }

 private:
  std::vector<at::Tensor> run(int64_t image) const {
    std::vector<at::Tensor> taps = eye_.look(concepts_.image(image));
    for (size_t layer = 0; layer < taps.size(); ++layer) {
      at::Tensor& tap = taps[layer];
      const bool all = static_cast<int64_t>(tasks_[layer].units.size()) == tap.size(1);
      if (!all) tap = tap.index_select(1, units_[layer]);
      tap = tap.to(at::kFloat).contiguous();
    }
    return taps;
  }

  const Eye eye_;
  const std::vector<LayerTask>& tasks_;
  const ConceptSet& concepts_;
  const DissectRequest& request_;
  std::vector<at::Tensor> units_;
  SurveyCheckpoint checkpoint_;
};

void store_checkpoint(Pass& pass, int64_t run, Atlas& atlas) {
  const std::string state = save_checkpoint(pass.state());
  if (!state.empty()) atlas.put_checkpoint(run, pass.state().images_done, state);
}

void survey_images(Pass& pass, const ConceptSet& concepts, int64_t run, Atlas& atlas, Reporter& reporter) {
  if (const auto stored = atlas.checkpoint(run)) load_checkpoint(stored->state, pass.state());
  Task progress(reporter, "dissecting", concepts.size(), "images", pass.state().images_done);
  Clock::time_point stored = Clock::now();
  while (pass.state().images_done < concepts.size()) {
    progress.advance(pass.advance());
    if (std::chrono::duration<double>(Clock::now() - stored).count() < kCheckpointSeconds) continue;
    store_checkpoint(pass, run, atlas);
    stored = Clock::now();
  }
}

// The second pass, which knows the ranges of the first.
std::vector<RangeTally> count_ranges(Pass& pass, const ConceptSet& concepts, const LabelStore& labels,
                                     const TallySettings& settings, const DissectRequest& request, Reporter& reporter) {
  const std::vector<Survey>& surveys = pass.state().surveys;
  std::vector<RangeTally> ranges;
  for (const Survey& survey : surveys) ranges.emplace_back(survey, labels, settings);
  Task progress(reporter, "counting ranges", concepts.size(), "images");
  for (int64_t begin = 0; begin < concepts.size(); begin += request.batch) {
    const Pass::Chunk chunk = pass.run(begin, std::min(request.batch, concepts.size() - begin));
    for (size_t layer = 0; layer < ranges.size(); ++layer) ranges[layer].add(chunk.of_layer(layer), request.threads);
    progress.advance(chunk.count);
  }
  if (ranges.front().images() != static_cast<int64_t>(labels.images().size())) {
    throw Error(ErrorKind::kCorrupt, request.concepts, "an image could be read in the first pass and not in the second",
                "run the command again when the files hold still");
  }
  return ranges;
}

std::vector<Atlas::Thumbnail> thumbnails(const LayerDissection& layer, const ConceptSet& concepts, int threads) {
  std::set<int64_t> named;
  for (const UnitDissection& unit : layer.units) {
    for (const Exemplar& exemplar : unit.top) named.insert(exemplar.image);
    for (const Exemplar& exemplar : unit.bottom) named.insert(exemplar.image);
    for (const Exemplar& exemplar : unit.typical) named.insert(exemplar.image);
  }
  const std::vector<int64_t> images(named.begin(), named.end());
  std::vector<Atlas::Thumbnail> out(images.size());
  parallel_for(threads, static_cast<int64_t>(images.size()), [&](int, int64_t index) {
    Atlas::Thumbnail& thumbnail = out[static_cast<size_t>(index)];
    thumbnail.image = images[static_cast<size_t>(index)];
    thumbnail.file = concepts.image_info(thumbnail.image).file;
    Image image = concepts.image(thumbnail.image);
    if (std::max(image.width, image.height) > kThumbnailSide) {
      const double scale = static_cast<double>(kThumbnailSide) / std::max(image.width, image.height);
      image = resize_bilinear(image, std::max(1, static_cast<int>(image.width * scale)),
                              std::max(1, static_cast<int>(image.height * scale)));
    }
    thumbnail.bytes = encode_webp(image, kThumbnailQuality);
  });
  return out;
}

// Units whose largest level is shared by more than the tail: nothing is above their threshold.
void warn_of_saturation(const LayerDissection& layer, const Network& network, Reporter& reporter) {
  const auto first = std::ranges::find_if(layer.units, saturates);
  if (first == layer.units.end()) return;
  const bool hidden = with_pre_activation(network, layer.layer).layers().size() > network.layers().size();
  const bool at_top = convention_named(layer.convention).mask_at_top;
  reporter.warn(fmt::format(
      "{}: {} of {} units saturate: more than {:.2g} % of their activations are at their largest level, as unit {}'s "
      "at "
      "{:g}; {}{}",
      layer.layer, std::ranges::count_if(layer.units, saturates), layer.units.size(), 100 * layer.tail, first->unit,
      first->threshold,
      at_top ? "they count as on where they are at that level"
             : fmt::format("nothing is above it, so that their masks are empty, as in {}", layer.convention),
      hidden ? fmt::format("; layer \"{}\" has what the clip hides", derived_name(layer.layer, kPreActivation)) : ""));
}

KnownSettings known_settings(const DissectRequest& request) {
  KnownSettings known;
  known.values = all_settings(request.dissection);
  known.values.erase("dissect-signs");
  known.values["seed"] = request.seed;
  return known;
}

std::vector<SkippedImage> dissect_missing(const Source& source, const std::vector<LayerTask>& missing,
                                          const ConceptSet& concepts, const DissectRequest& request, int64_t run,
                                          Atlas& atlas, Reporter& reporter) {
  const SurveyPlan plan = plan_survey(source, missing, concepts, request);
  reporter.note(describe_plan(plan, missing, concepts.size(), request.dissection.ranges));
  const TallySettings tallied = tally_settings(request);
  std::optional<Tally> tally;
  std::vector<SkippedImage> skipped;
  for (const std::vector<LayerTask>& block : plan.passes) {
    Pass pass(source, block, concepts, request);
    survey_images(pass, concepts, run, atlas, reporter);
    const std::vector<Survey>& surveys = pass.state().surveys;
    if (!tally) {
      tally.emplace(concepts, surveys.front().images(), tallied, request.threads, reporter);
      skipped = pass.state().skipped;
    }
    std::vector<RangeTally> ranges;
    if (tallied.ranges > 0) {
      store_checkpoint(pass, run, atlas);
      ranges = count_ranges(pass, concepts, tally->labels(), tallied, request, reporter);
    }
    for (size_t i = 0; i < surveys.size(); ++i) {
      tally->add(surveys[i], block[i].units, ranges.empty() ? nullptr : &ranges[i]);
    }
  }
  for (const LayerDissection& layer : tally->finish()) {
    warn_of_saturation(layer, source.network, reporter);
    atlas.put_dissection(run, layer, thumbnails(layer, concepts, request.threads));
  }
  for (const auto& image : tally->unreadable()) {
    skipped.push_back({concepts.image_info(image.image).file, image.reason});
  }
  return skipped;
}

}  // namespace

Provenance dissect_provenance(const Source& source, const ConceptSet& concepts, const DissectRequest& request) {
  return make_provenance("dissect", source, request, concepts.hash(), known_settings(request));
}

std::vector<LayerTask> undissected(const std::vector<LayerTask>& tasks, const DissectRequest& request,
                                   const Atlas& atlas, int64_t run) {
  const std::vector<Sign> signs = parse_signs(request.dissection.signs, "dissect-signs");
  std::vector<LayerTask> missing;
  for (const LayerTask& task : tasks) {
    const std::set<SignedUnit> held = atlas.dissected(run, task.layer);
    LayerTask rest{task.layer, {}};
    for (const int64_t unit : task.units) {
      const auto has = [&](Sign sign) { return held.contains({unit, sign}); };
      if (!std::ranges::all_of(signs, has)) rest.units.push_back(unit);
    }
    if (!rest.units.empty()) missing.push_back(std::move(rest));
  }
  return missing;
}

std::vector<SkippedImage> dissect_layers(const Source& source, const std::vector<LayerTask>& tasks,
                                         const ConceptSet& concepts, const DissectRequest& request, Atlas& atlas,
                                         Reporter& reporter) {
  const int64_t run = atlas.begin_run(dissect_provenance(source, concepts, request));
  const std::vector<LayerTask> missing = undissected(tasks, request, atlas, run);
  if (missing.empty()) reporter.note("dissection: all units are in the atlas already");
  std::vector<SkippedImage> skipped;
  if (!missing.empty()) warn_of_other_instructions(atlas, run, dissect_provenance(source, concepts, request), reporter);
  if (!missing.empty()) skipped = dissect_missing(source, missing, concepts, request, run, atlas, reporter);
  if (request.replace) {
    const int64_t dropped = atlas.drop_other_dissections(run);
    if (dropped > 0) reporter.note(fmt::format("replaced: {} dissections with other settings", dropped));
  }
  atlas.end_run(run);
  return skipped;
}

}  // namespace microtome
