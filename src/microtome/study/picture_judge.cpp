// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/picture_judge.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

#include "microtome/base/json.h"
#include "microtome/image/codec.h"
#include "microtome/visualize/quality.h"

namespace microtome {
namespace {

using Features = std::vector<std::vector<float>>;

constexpr size_t kPathLayers = 8, kImages = 4, kStrangers = 16;

void put(Json& facts, const char* name, double value) {
  if (std::isfinite(value)) facts[name] = value;
}

// One network's features of the atlas' images, each looked at once.
class Gallery {
 public:
  Gallery(const Source& source, const std::string& layer)
      : onlooker_(source.network, source.preprocessing, path_to(source.network, layer, kPathLayers)) {}

  // Empty when the atlas has no thumbnail of the image.
  const Features& of(const Atlas& atlas, int64_t image) {
    {
      const std::scoped_lock lock(mutex_);
      const auto found = seen_.find(image);
      if (found != seen_.end()) return found->second;
    }
    Features features;
    if (const auto thumbnail = atlas.thumbnail(image)) {
      features = onlooker_.look(decode_image(thumbnail->bytes, thumbnail->file));
    }
    const std::scoped_lock lock(mutex_);
    return seen_.emplace(image, std::move(features)).first->second;
  }
  std::vector<Features> of(const Atlas& atlas, const std::vector<int64_t>& images) {
    std::vector<Features> all;
    for (const int64_t image : images) {
      const Features& one = of(atlas, image);
      if (!one.empty()) all.push_back(one);
    }
    return all;
  }
  const Onlooker& onlooker() const { return onlooker_; }

 private:
  const Onlooker onlooker_;
  std::mutex mutex_;
  std::map<int64_t, Features> seen_;
};

// The layer of a classifier that comes before the logits and is no map any more, or the output itself; the last layer
// where the output is none.
std::string last_features(const Network& network) {
  const Layer* given = network.find_output_layer();
  const Layer& output = given != nullptr ? *given : network.layers().back();
  const std::vector<std::string> path = path_to(network, output.name, network.layers().size());
  return path.size() > 1 ? path[path.size() - 2] : output.name;
}

// What the atlas knows of the units of a layer.
struct RealImages {
  std::map<SignedUnit, std::vector<int64_t>> images;
  std::map<SignedUnit, double> best;  // the most that a real image makes of it
};

RealImages read_layer(const Atlas& atlas, const std::string& layer) {
  RealImages real;
  for (const UnitDissection& unit : atlas.units(layer, true)) {
    const auto take = [&](Sign sign, const std::vector<Exemplar>& exemplars, double most) {
      const SignedUnit key{unit.unit, sign};
      std::vector<int64_t>& images = real.images[key];
      for (const Exemplar& exemplar : exemplars) {
        if (most > 0 && images.size() < kImages) images.push_back(exemplar.image);
      }
      real.best[key] = most;
    };
    if (unit.sign == Sign::kPositive) {
      take(Sign::kPositive, unit.top, unit.maximum);
      take(Sign::kNegative, unit.bottom, -unit.minimum);
    }
  }
  return real;
}

// Images of other units: those next in number, one each, not among the unit's own.
std::vector<int64_t> strangers_of(const RealImages& real, const SignedUnit& unit) {
  std::vector<int64_t> strangers;
  const std::vector<int64_t>& own = real.images.at(unit);
  std::vector<const std::vector<int64_t>*> after, before;
  for (const auto& [key, images] : real.images) {
    if (key.sign != unit.sign || key.unit == unit.unit || images.empty()) continue;
    (key.unit > unit.unit ? after : before).push_back(&images);
  }
  after.insert(after.end(), before.begin(), before.end());
  for (const auto* images : after) {
    const int64_t image = images->front();
    if (strangers.size() == kStrangers) break;
    if (std::ranges::find(own, image) != own.end() || std::ranges::find(strangers, image) != strangers.end()) continue;
    strangers.push_back(image);
  }
  return strangers;
}

}  // namespace

struct PictureJudge::State {
  const Source& source;
  const Atlas& atlas;
  const std::optional<Source>& other;
  std::map<std::string, RealImages> of_layer;
  std::map<std::string, std::unique_ptr<Gallery>> galleries;
  std::unique_ptr<Gallery> other_gallery;

  void compare_paths(const Picture& picture, const std::string& layer, const std::vector<int64_t>& images,
                     Json& facts) const {
    Gallery& gallery = *galleries.at(layer);
    const std::vector<Features> real = gallery.of(atlas, images);
    if (real.empty()) return;
    const PathSimilarity similarity = path_similarity(gallery.onlooker().look(picture.image), real);
    put(facts, "path_similarity", similarity.mean);
    Json by_layer = Json::object();
    for (size_t i = 0; i < similarity.by_layer.size(); ++i) {
      if (std::isfinite(similarity.by_layer[i])) by_layer[gallery.onlooker().layers()[i]] = similarity.by_layer[i];
    }
    facts["path_layers"] = std::move(by_layer);
    double sum = 0;
    for (size_t i = 0; i < real.size(); ++i) {
      std::vector<Features> rest = real;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      sum += path_similarity(real[i], rest).mean;
    }
    if (real.size() > 1) put(facts, "exemplar_path", sum / static_cast<double>(real.size()));
  }
};

PictureJudge::PictureJudge(const Source& source, const Atlas& atlas, const std::vector<LayerTask>& tasks,
                           const std::optional<Source>& other)
    : state_(new State{source, atlas, other, {}, {}, {}}) {
  for (const LayerTask& task : tasks) {
    state_->of_layer[task.layer] = read_layer(atlas, task.layer);
    if (state_->of_layer[task.layer].images.empty()) continue;
    state_->galleries[task.layer] = std::make_unique<Gallery>(source, task.layer);
  }
  if (other) state_->other_gallery = std::make_unique<Gallery>(*other, last_features(other->network));
}

PictureJudge::~PictureJudge() = default;

Json PictureJudge::facts(const Picture& picture, const UnitRef& unit) const {
  const State& s = *state_;
  Json facts = Json::object();
  put(facts, "rank", picture.rank);
  put(facts, "spectrum_slope", picture.spectrum_slope);
  const auto found = s.of_layer.find(unit.layer);
  if (found == s.of_layer.end() || picture.image.channels == 4 || !picture.values.empty()) {
    return facts;
  }
  const RealImages& real = found->second;
  std::vector<float> relative;
  for (size_t i = 0; i < picture.maxima.size(); ++i) {
    const auto best = real.best.find({static_cast<int64_t>(i), unit.of.sign});
    const bool yardstick = best != real.best.end() && best->second > 0;
    relative.push_back(yardstick ? static_cast<float>(picture.maxima[i] / best->second) : 0.f);
  }
  const auto images = real.images.find(unit.of);
  if (images == real.images.end()) return facts;
  if (std::cmp_less(unit.of.unit, relative.size()) && real.best.at(images->first) > 0) {
    put(facts, "selectivity", rank_of(relative, static_cast<size_t>(unit.of.unit)));
  }
  s.compare_paths(picture, unit.layer, images->second, facts);
  if (s.other_gallery) {
    Gallery& gallery = *s.other_gallery;
    put(facts, "transfer",
        likeness(gallery.onlooker().look(picture.image), gallery.of(s.atlas, images->second),
                 gallery.of(s.atlas, strangers_of(real, unit.of))));
  }
  return facts;
}

}  // namespace microtome
