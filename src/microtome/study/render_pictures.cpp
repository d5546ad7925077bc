// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/render_pictures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <cmath>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/study/picture_judge.h"

namespace microtome {
namespace {

constexpr int kFrameQuality = 90;

// The most that a real image makes of each unit, in the picture's sign.
using BestExemplars = std::map<UnitRef, double>;

BestExemplars best_exemplars(const Atlas& atlas, const std::vector<LayerTask>& layers) {
  BestExemplars best;
  for (const LayerTask& task : layers) {
    for (const UnitDissection& unit : atlas.units(task.layer, true)) {
      best[{task.layer, {unit.unit, Sign::kPositive}}] = unit.maximum;
      best[{task.layer, {unit.unit, Sign::kNegative}}] = -unit.minimum;
    }
  }
  return best;
}

std::vector<LayerTask> layers_of(const PicturePlan& plan) {
  std::set<std::string> names;
  for (const PictureTask& task : plan.tasks) {
    if (!task.layer.empty()) names.insert(task.layer);
  }
  std::vector<LayerTask> layers;
  for (const std::string& name : names) layers.push_back({name, {}});
  return layers;
}

// What pictures are described with.
struct PictureContext {
  const Renderer& renderer;
  const BestExemplars best;
  const PictureJudge judge;
  const Json provenance;  // the beginning of each description
};

Json facts_of(const Picture& picture, const Renderer& renderer) {
  Json facts = {{"steps", picture.curve.size()},
                {"redirected_steps", picture.redirected_steps},
                {"start", picture.start},
                {"plateau", picture.plateau}};
  if (std::isfinite(picture.plain_activation)) facts["plain_activation"] = picture.plain_activation;
  if (picture.image.channels == 4) facts["channels"] = 4;
  if (picture.values.empty())
    facts["size"] = renderer.size();
  else
    facts["shape"] = picture.shape;
  return facts;
}

AtlasPicture to_record(const PictureTask& task, int variant, const Picture& picture, const PictureContext& context) {
  const UnitRef unit{task.layer, {task.unit, task.sign}};
  AtlasPicture record;
  record.layer = task.layer;
  record.unit = static_cast<int>(task.unit);
  record.sign = task.sign;
  record.variant = variant;
  record.objective = task.objective.text;
  record.width = picture.image.width;
  record.height = picture.image.height;
  record.values = picture.values;
  record.curve = picture.curve;
  for (const Frame& frame : picture.frames) record.frames.push_back({frame.step, encode_frame(frame.image)});
  record.score = picture.score;
  record.activation = picture.activation;
  record.status = picture.started ? "ok" : "did not start";
  record.facts = facts_of(picture, context.renderer);
  record.facts.update(context.judge.facts(picture, unit));
  const auto found = context.best.find(unit);
  if (found != context.best.end()) {
    record.best_exemplar = found->second;
    // A unit that no real image drives in this direction has no ratio: zero is not a yardstick.
    if (found->second > 0 && std::isfinite(picture.activation))
      record.activation_ratio = picture.activation / found->second;
  }
  Json description = context.provenance;
  description["objective"] = record.objective;
  description["variant"] = record.variant;
  record.png = encode_png(picture.image, description.dump());
  return record;
}

std::vector<AtlasPicture> render(const PictureTask& task, const PictureContext& context) {
  const std::vector<uint64_t> keys(task.variants.begin(), task.variants.end());
  const std::vector<Picture> pictures = context.renderer.render(task.objective, keys);
  std::vector<AtlasPicture> records;
  for (size_t i = 0; i < pictures.size(); ++i) {
    records.push_back(to_record(task, task.variants[i], pictures[i], context));
  }
  return records;
}

// Pictures are held against the real images that the atlas knows when they are made.
void note_undissected(const std::vector<LayerTask>& layers, const Atlas& atlas, Reporter& reporter) {
  std::vector<std::string> names;
  for (const LayerTask& task : layers) {
    if (!atlas.dissection_info(task.layer)) names.push_back(task.layer);
  }
  if (names.empty()) return;
  reporter.note(fmt::format("not dissected in this atlas, so their pictures are not compared with real images: {}",
                            fmt::join(names, ", ")));
}

// Says of the variants of each unit how much they differ: `diversity` of all `variants` that are asked for.
void compare_variants(const PicturePlan& plan, const PictureRequest& request, int64_t run, Atlas& atlas) {
  if (request.variants < 2) return;
  std::vector<const PictureTask*> units;
  for (const PictureTask& task : plan.tasks) {
    if (!task.layer.empty() && task.variants.front() == 0) units.push_back(&task);
  }
  parallel_for(request.threads, std::ssize(units), [&](int, int64_t index) {
    throw_if_stopped();
    const PictureTask& task = *units[static_cast<size_t>(index)];
    std::vector<AtlasPicture> variants = atlas.pictures(task.layer, static_cast<int>(task.unit), true);
    std::erase_if(variants, [&](const AtlasPicture& one) {
      return one.sign != task.sign || one.objective != task.objective.text || one.variant >= request.variants;
    });
    const bool known = std::ranges::all_of(
        variants, [&](const AtlasPicture& one) { return one.facts.value("variants", int64_t{0}) == request.variants; });
    if (known || std::ssize(variants) != request.variants) return;
    std::vector<Image> images;
    for (const AtlasPicture& one : variants) images.push_back(decode_image(one.png, task.objective.text));
    const double diversity = plan.renderer->diversity(task.objective, images);
    if (!std::isfinite(diversity)) return;
    for (AtlasPicture& one : variants) {
      one.facts["variants"] = request.variants;
      one.facts["diversity"] = diversity;
    }
    atlas.put_pictures(run, variants);
  });
}

}  // namespace

std::string encode_frame(const Image& image) {
  if (image.channels != 1) return encode_webp(image, kFrameQuality);
  Image colour(image.width, image.height);
  for (size_t i = 0; i < colour.pixels.size(); ++i) colour.pixels[i] = image.pixels[i / 3];
  return encode_webp(colour, kFrameQuality);
}

void render_pictures(const Source& source, const PicturePlan& plan, const PictureRequest& request, Atlas& atlas,
                     Reporter& reporter) {
  if (!plan.note.empty()) reporter.note(plan.note);
  const int64_t run = atlas.begin_run(plan.provenance);
  const int64_t total = plan.pictures();
  int64_t done = 0;
  std::vector<const PictureTask*> missing;
  for (const PictureTask& task : plan.tasks) {
    if (plan.done(atlas, run, task))
      done += std::ssize(task.variants);
    else
      missing.push_back(&task);
  }
  if (missing.empty()) {
    compare_variants(plan, request, run, atlas);
    reporter.note(fmt::format("pictures: all {} are in the atlas already", total));
    return;
  }
  const std::vector<LayerTask> layers = layers_of(plan);
  const PictureContext context{*plan.renderer,
                               best_exemplars(atlas, layers),
                               PictureJudge(source, atlas, layers, plan.other),
                               {{"microtome", plan.provenance.version},
                                {"network", plan.provenance.network_hash},
                                {"settings", plan.provenance.settings}}};
  note_undissected(layers, atlas, reporter);
  std::atomic<int64_t> silent{0};
  {
    Task progress(reporter, "rendering", total, "pictures", done);
    parallel_for(request.threads, std::ssize(missing), [&](int, int64_t index) {
      throw_if_stopped();
      const PictureTask& task = *missing[static_cast<size_t>(index)];
      const std::vector<AtlasPicture> records = render(task, context);
      silent += std::ranges::count_if(records, [](const AtlasPicture& record) { return record.status != "ok"; });
      atlas.put_pictures(run, records);
      progress.advance(std::ssize(records));
    });
  }
  compare_variants(plan, request, run, atlas);
  atlas.end_run(run);
  if (silent > 0)
    reporter.warn(fmt::format(
        "{} of {} pictures did not start: their gradient stayed zero from noise of the usual contrast and of "
        "ten times that; `start` takes a picture to begin with",
        silent.load(), total - done));
}

}  // namespace microtome
