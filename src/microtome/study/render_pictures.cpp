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
#include "microtome/study/provenance.h"
#include "microtome/visualize/dots.h"
#include "microtome/visualize/input_form.h"

namespace microtome {
namespace {

constexpr int kFrameQuality = 90;
constexpr const char *kDidNotStart = "did not start", *kDead = "dead";

// What pictures are described with.
struct PictureContext {
  const Renderer& renderer;
  const Json provenance;  // the beginning of each description
};

PictureFacts facts_of(const Picture& picture, const Renderer& renderer) {
  PictureFacts facts;
  facts.steps = std::ssize(picture.curve);
  facts.redirected_steps = picture.redirected_steps;
  facts.start = picture.start;
  facts.plateau = picture.plateau;
  if (picture.dots > 0) facts.dots = picture.dots;
  if (std::isfinite(picture.plain_activation)) facts.plain_activation = picture.plain_activation;
  if (std::isfinite(picture.rank)) facts.rank = picture.rank;
  if (std::isfinite(picture.spectrum_slope)) facts.spectrum_slope = picture.spectrum_slope;
  if (picture.image.channels == 4) facts.channels = 4;
  if (picture.values.empty())
    facts.size = renderer.size();
  else
    facts.shape.assign(picture.shape.begin(), picture.shape.end());
  return facts;
}

AtlasPicture picture_record(const PictureTask& task, int variant, const Picture& picture,
                            const PictureContext& context) {
  AtlasPicture record;
  record.layer = task.layer;
  record.unit = task.unit;
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
  record.status = !picture.started ? kDidNotStart : picture.dead ? kDead : "ok";
  record.facts = facts_of(picture, context.renderer);
  record.maxima = picture.maxima;
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
    records.push_back(picture_record(task, task.variants[i], pictures[i], context));
  }
  return records;
}

// Pictures are held against the real images that the atlas knows; other inputs have none.
void note_undissected(const PicturePlan& plan, const Atlas& atlas, Reporter& reporter) {
  if (input_form(plan.network) != InputForm::kPicture) return;
  std::set<std::string> names;
  for (const PictureTask& task : plan.tasks) {
    if (!task.layer.empty() && !atlas.dissection_info(task.layer)) names.insert(task.layer);
  }
  if (names.empty()) return;
  reporter.note(fmt::format("not dissected in this atlas, so their pictures are not compared with real images: {}",
                            fmt::join(names, ", ")));
}

// Says of the variants of each unit how much they differ: `diversity` of all `variants` that the run has made.
void compare_variants(const PicturePlan& plan, int64_t run, int threads, Atlas& atlas) {
  std::map<std::string, std::vector<AtlasPicture>> of_layer;
  std::vector<const PictureTask*> units;
  for (const PictureTask& task : plan.tasks) {
    if (task.layer.empty() || task.variants.front() != 0) continue;
    units.push_back(&task);
    if (!of_layer.contains(task.layer)) of_layer[task.layer] = atlas.pictures_of_runs(task.layer, -1, Detail::kBrief);
  }
  parallel_for(threads, std::ssize(units), [&](int, int64_t index) {
    throw_if_stopped();
    const PictureTask& task = *units[static_cast<size_t>(index)];
    std::vector<AtlasPicture> variants;
    for (const AtlasPicture& one : of_layer.at(task.layer)) {
      const bool same = one.run == run && one.unit == task.unit && one.sign == task.sign;
      if (same && one.objective == task.objective.text) variants.push_back(one);
    }
    const int64_t count = std::ssize(variants);
    const bool known =
        std::ranges::all_of(variants, [&](const AtlasPicture& one) { return one.facts.variants == count; });
    if (count < 2 || known) return;
    for (AtlasPicture& one : variants) one = atlas.picture(one.id).value();
    std::vector<Image> images;
    for (const AtlasPicture& one : variants) images.push_back(decode_image(one.png, task.objective.text));
    const double diversity = plan.renderer->diversity(task.objective, images);
    if (!std::isfinite(diversity)) return;
    for (AtlasPicture& one : variants) {
      one.facts.variants = count;
      one.facts.diversity = diversity;
    }
    atlas.put_pictures(run, variants);
  });
}

// A real image that wakes one of the units whose pictures did not start, where the atlas knows one.
std::string waking_image(const PicturePlan& plan, int64_t run, const Atlas& atlas) {
  for (const PictureTask& task : plan.tasks) {
    if (task.layer.empty() || !atlas.dissection_info(task.layer)) continue;
    const std::vector<AtlasPicture> pictures = atlas.pictures_of_runs(task.layer, task.unit, Detail::kBrief);
    const bool silent = std::ranges::any_of(pictures, [&](const AtlasPicture& one) {
      return one.run == run && one.sign == task.sign && one.status == kDidNotStart;
    });
    if (!silent || task.sign == Sign::kNegative) continue;
    for (const UnitDissection& unit : atlas.units(task.layer, Detail::kBrief)) {
      if (unit.unit != task.unit || unit.sign != task.sign || unit.top.empty() || unit.top[0].activation <= 0) continue;
      const auto image = atlas.thumbnail(unit.top[0].image);
      return fmt::format(": unit {} of {} reaches {:.3g} on \"{}\"", task.unit, task.layer, unit.top[0].activation,
                         image ? image->file : fmt::format("image {}", unit.top[0].image));
    }
  }
  return {};
}

struct Progress {
  int64_t run = 0, total = 0, done = 0;
  int threads = 1;
};

void render_missing(const PicturePlan& plan, const std::vector<const PictureTask*>& missing, const Progress& known,
                    Atlas& atlas, Reporter& reporter) {
  const PictureContext context{*plan.renderer,
                               {{"microtome", plan.provenance.version},
                                {"network", plan.provenance.network_hash},
                                {"settings", plan.provenance.settings}}};
  std::atomic<int64_t> silent{0}, dead{0};
  {
    Task progress(reporter, "rendering", known.total, "pictures", known.done);
    parallel_for(known.threads, std::ssize(missing), [&](int, int64_t index) {
      throw_if_stopped();
      const PictureTask& task = *missing[static_cast<size_t>(index)];
      const std::vector<AtlasPicture> records = render(task, context);
      silent += std::ranges::count(records, kDidNotStart, &AtlasPicture::status);
      dead += std::ranges::count(records, kDead, &AtlasPicture::status);
      atlas.put_pictures(known.run, records);
      progress.advance(std::ssize(records));
    });
  }
  if (silent > 0) {
    reporter.warn(
        fmt::format("{} of {} pictures did not start: their gradient is zero on noise of the usual contrast and of ten "
                    "times that, and "
                    "on {} pictures of sparse dots of full contrast; `start` takes a picture to begin with{}",
                    silent.load(), known.total - known.done, kDottedStarts, waking_image(plan, known.run, atlas)));
  }
  if (dead > 0) {
    reporter.warn(fmt::format(
        "{} of {} pictures are dead: their unit is at zero on them. Other parts of the `objective` outweigh it; lower "
        "their weights, or take a share: \"{{layer}}:{{unit}} * (1 - 0.2*diversity({{layer}}))\"",
        dead.load(), known.total - known.done));
  }
}

}  // namespace

std::string encode_frame(const Image& image) {
  if (image.channels != 1) return encode_webp(image, kFrameQuality);
  Image colour(image.width, image.height);
  for (size_t i = 0; i < colour.pixels.size(); ++i) colour.pixels[i] = image.pixels[i / 3];
  return encode_webp(colour, kFrameQuality);
}

void render_pictures(const PicturePlan& plan, const PictureRequest& request, Atlas& atlas, Reporter& reporter) {
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
    reporter.note(fmt::format("pictures: all {} are in the atlas already", total));
  } else {
    warn_of_other_instructions(atlas, run, plan.provenance, reporter);
    note_undissected(plan, atlas, reporter);
    render_missing(plan, missing, {run, total, done, request.threads}, atlas, reporter);
  }
  compare_variants(plan, run, request.threads, atlas);
  if (request.replace) {
    const int64_t dropped = atlas.drop_other_pictures(run);
    if (dropped > 0) reporter.note(fmt::format("replaced: {} pictures with other settings", dropped));
  }
  atlas.end_run(run);
}

}  // namespace microtome
