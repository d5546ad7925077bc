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

constexpr size_t kPathLayers = 8, kShownImages = 4, kStrangers = 16;

std::optional<double> if_finite(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

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
  for (const UnitDissection& unit : atlas.units(layer, Detail::kBrief)) {
    const auto take = [&](Sign sign, const std::vector<Exemplar>& exemplars, double most) {
      const SignedUnit key{unit.unit, sign};
      if (!real.best.emplace(key, most).second) return;  // Dissected with either sign: the same images.
      std::vector<int64_t>& images = real.images[key];
      for (const Exemplar& exemplar : exemplars) {
        if (most > 0 && images.size() < kShownImages) images.push_back(exemplar.image);
      }
    };
    // Levels of a dissection of the negative sign are of the negated unit.
    const Sign other = unit.sign == Sign::kPositive ? Sign::kNegative : Sign::kPositive;
    take(unit.sign, unit.top, unit.maximum);
    take(other, unit.bottom, -unit.minimum);
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
  const Atlas& atlas;
  const RealImages real;
  Gallery gallery;
  std::unique_ptr<Gallery> other;

  void compare_paths(const Image& picture, const std::vector<int64_t>& images, PictureComparison& comparison) {
    const std::vector<Features> seen = gallery.of(atlas, images);
    if (seen.empty()) return;
    const PathSimilarity similarity = path_similarity(gallery.onlooker().look(picture), seen);
    comparison.path_similarity = if_finite(similarity.mean);
    Json by_layer = Json::object();
    for (size_t i = 0; i < similarity.by_layer.size(); ++i) {
      if (std::isfinite(similarity.by_layer[i])) by_layer[gallery.onlooker().layers()[i]] = similarity.by_layer[i];
    }
    comparison.path_layers = std::move(by_layer);
    double sum = 0;
    for (size_t i = 0; i < seen.size(); ++i) {
      std::vector<Features> rest = seen;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      sum += path_similarity(seen[i], rest).mean;
    }
    if (seen.size() > 1) comparison.exemplar_path = if_finite(sum / static_cast<double>(seen.size()));
  }
};

PictureJudge::PictureJudge(const Source& source, const Atlas& atlas, const std::string& layer, const Source* other)
    : state_(new State{atlas, read_layer(atlas, layer), {source, layer}, {}}) {
  if (other != nullptr) state_->other = std::make_unique<Gallery>(*other, last_features(other->network));
}

PictureJudge::~PictureJudge() = default;

JudgedPicture PictureJudge::compare(const Image& picture, std::span<const float> maxima, const SignedUnit& unit,
                                    bool shown_to_other) const {
  State& s = *state_;
  JudgedPicture found;
  const auto best = s.real.best.find(unit);
  if (best == s.real.best.end()) return found;
  found.best_exemplar = best->second;
  if (picture.channels == 4) return found;
  std::vector<float> relative;
  for (size_t i = 0; i < maxima.size(); ++i) {
    const auto one = s.real.best.find({static_cast<int64_t>(i), unit.sign});
    const bool yardstick = one != s.real.best.end() && one->second > 0;
    relative.push_back(yardstick ? static_cast<float>(maxima[i] / one->second) : 0.f);
  }
  if (std::cmp_less(unit.unit, relative.size()) && best->second > 0) {
    found.comparison.selectivity = if_finite(rank_of(relative, static_cast<size_t>(unit.unit)));
  }
  const std::vector<int64_t>& images = s.real.images.at(unit);
  s.compare_paths(picture, images, found.comparison);
  if (s.other && shown_to_other) {
    found.comparison.transfer = if_finite(likeness(s.other->onlooker().look(picture), s.other->of(s.atlas, images),
                                                   s.other->of(s.atlas, strangers_of(s.real, unit))));
  }
  return found;
}

}  // namespace microtome
