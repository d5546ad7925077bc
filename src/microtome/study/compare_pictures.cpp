// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/compare_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/study/picture_judge.h"

namespace microtome {
namespace {

// A second network and the run whose pictures it is shown.
struct Other {
  const Source* source = nullptr;
  int64_t run = 0;
};

// Names what a picture is compared with: equal names, equal numbers.
class Stamp {
 public:
  Stamp(const Atlas::DissectionInfo& dissection, const Other& other)
      : images_(fmt::format("{}:{}", dissection.key, dissection.held)), other_(other) {}

  std::string of(const AtlasPicture& picture) const {
    return other_.source != nullptr && picture.run == other_.run ? images_ + ":" + other_.source->network.facts().hash
                                                                 : images_;
  }
  // A picture that was shown to another network earlier needs nothing more without it.
  bool is_on(const AtlasPicture& picture) const {
    return picture.compared == of(picture) || (of(picture) == images_ && picture.compared.starts_with(images_ + ":"));
  }

 private:
  std::string images_;
  const Other& other_;
};

// Compared by a program that kept no maxima: its facts are as old as the picture and cannot be made anew.
bool is_of_older_schema(const AtlasPicture& picture) {
  return picture.compared.empty() &&
         (picture.best_exemplar || !same_finding(picture.facts.comparison, PictureComparison{}));
}

void compare(AtlasPicture& picture, const PictureJudge& judge, const Other& other) {
  const Image image = decode_image(picture.png, picture.objective);
  picture.activation_ratio.reset();
  const JudgedPicture found =
      judge.compare(image, picture.maxima, {picture.unit, picture.sign}, picture.run == other.run);
  picture.best_exemplar = found.best_exemplar;
  picture.facts.comparison = found.comparison;
  // A unit that no real image drives in this direction has no ratio: zero is not a yardstick.
  if (found.best_exemplar && *found.best_exemplar > 0 && std::isfinite(picture.activation)) {
    picture.activation_ratio = picture.activation / *found.best_exemplar;
  }
}

void compare_layer(const Source& source, const std::string& layer, const Other& other, Atlas& atlas, int threads,
                   Reporter& reporter) {
  const auto dissection = atlas.dissection_info(layer);
  if (!dissection) return;
  const Stamp stamp(*dissection, other);
  std::vector<int64_t> stale;
  for (const AtlasPicture& picture : atlas.pictures_of_runs(layer, -1, Detail::kBrief)) {
    if (!stamp.is_on(picture)) stale.push_back(picture.id);
  }
  if (stale.empty()) return;
  const PictureJudge judge(source, atlas, layer, other.source);
  Task progress(reporter, "comparing pictures with images", std::ssize(stale), "pictures");
  parallel_for(threads, std::ssize(stale), [&](int, int64_t index) {
    throw_if_stopped();
    AtlasPicture picture = atlas.picture(stale[static_cast<size_t>(index)]).value();
    if (!is_of_older_schema(picture)) compare(picture, judge, other);
    picture.compared = stamp.of(picture);
    atlas.put_picture(picture.run, picture);
    progress.advance();
  });
}

}  // namespace

void compare_pictures(const Source& source, const PicturePlan* plan, Atlas& atlas, int threads, Reporter& reporter) {
  Other other;
  if (plan != nullptr && plan->other) other = {&*plan->other, atlas.find_run(plan->provenance).value_or(0)};
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const auto same = [&](const Layer& known) { return known.name == layer.name; };
    if (std::ranges::any_of(source.network.layers(), same)) {
      compare_layer(source, layer.name, other, atlas, threads, reporter);
    }
  }
}

}  // namespace microtome
